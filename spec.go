package scalerkit

import (
	"errors"
	"fmt"
)

// A Spec describes one trigger in the words of whoever wrote it. It is what a
// KEDA trigger says, after its references to secrets were resolved.
type Spec struct {
	Type string // the driver's name or alias, for example "redis-streams"
	Name string // of the trigger, in errors; may be empty

	// MetricType is the kind of the target; empty means PerReplica.
	MetricType TargetKind

	// Metadata has the trigger's parameters. For some parameters the key
	// <name>FromEnv may name an environment variable that has the value.
	Metadata map[string]string

	// Auth has the parameters that came from a secret store.
	Auth map[string]string

	// LookupEnv resolves …FromEnv, in the environment of the workload. If
	// nil, no variable is set. Libraries do not read the process's own
	// environment; a program may pass os.LookupEnv.
	LookupEnv func(name string) (value string, ok bool)

	// Identity is the platform identity to authenticate with, if any.
	Identity Identity
}

// An Identity asks for authentication by the platform that the program runs
// on instead of by a secret. It mirrors KEDA's podIdentity. The zero value
// asks for none. It is comparable.
type Identity struct {
	Provider      string // "azure-workload", "aws", "aws-eks", "gcp"; "" and "none" mean none
	ID            string // Azure: client id
	TenantID      string // Azure
	AuthorityHost string // Azure: URL of the authority
	RoleARN       string // AWS
	ExternalID    string // AWS, with RoleARN
	Owner         string // AWS: "keda" or "workload"
}

// IsSet reports whether the Identity asks for a provider.
func (i Identity) IsSet() bool { return i.Provider != "" && i.Provider != "none" }

// A ConfigError says what is wrong with one parameter of a trigger. Errors of
// Open, Decode and of a driver's New consist of ConfigErrors, joined as by
// [errors.Join]; [ConfigErrors] lists them.
type ConfigError struct {
	Type    string // of the trigger
	Name    string // of the trigger
	Key     string // of the parameter; empty if it is about the trigger as a whole
	Problem string // what is wrong, and what would be right
}

// Error returns, for example,
//
//	rabbitmq trigger "orders": mode: "Lenght" is not one of QueueLength, MessageRate
func (e ConfigError) Error() string {
	text := subject(e.Type, e.Name)
	if e.Key != "" {
		text += ": " + e.Key
	}
	return text + ": " + e.Problem
}

// subject returns what errors call a trigger.
func subject(typ, name string) string {
	text := "trigger"
	if typ != "" {
		text = typ + " trigger"
	}
	if name != "" {
		text += fmt.Sprintf(" %q", name)
	}
	return text
}

// Problem returns a [ConfigError] about one parameter, for the Validate method
// of a driver's Config; Decode and Check add the rest. The text must not
// contain the value of a Secret.
func Problem(key, format string, args ...any) error {
	return ConfigError{Key: key, Problem: fmt.Sprintf(format, args...)}
}

// ConfigErrors returns the ConfigErrors that err consists of or wraps, in
// their order.
func ConfigErrors(err error) []ConfigError {
	switch err := err.(type) { //nolint:errorlint // it unwraps by itself
	case ConfigError:
		return []ConfigError{err}
	case interface{ Unwrap() error }:
		return ConfigErrors(err.Unwrap())
	case interface{ Unwrap() []error }:
		var all []ConfigError
		for _, err := range err.Unwrap() {
			all = append(all, ConfigErrors(err)...)
		}
		return all
	}
	return nil
}

// problemsIn is like ConfigErrors, but leaves no error out: of any that is
// not a ConfigError it makes one.
func problemsIn(err error) []ConfigError {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []ConfigError
		for _, err := range many.Unwrap() {
			all = append(all, problemsIn(err)...)
		}
		return all
	}
	if problems := ConfigErrors(err); len(problems) > 0 || err == nil {
		return problems
	}
	return []ConfigError{{Problem: err.Error()}}
}

// join returns problems as one error, nil if there are none. Those that do
// not say so yet are attributed to the trigger with the given type and name.
func join(typ, name string, problems []ConfigError) error {
	errs := make([]error, len(problems))
	for i, p := range problems {
		if p.Type == "" {
			p.Type = typ
		}
		if p.Name == "" {
			p.Name = name
		}
		errs[i] = p
	}
	return errors.Join(errs...)
}
