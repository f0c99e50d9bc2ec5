package scalerkit

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit/internal/joined"
)

// A Spec describes one trigger in the words of whoever wrote it. It is what a
// KEDA trigger says, after its references to secrets were resolved. It is plain
// data, for a program's configuration as well: it can be read from JSON and
// YAML.
//
// A Spec prints and logs as its type, its name and the keys of Metadata and
// Auth. What it marshals to has [redacted] in place of each [Secret], but the
// values of Metadata, which may be URLs with a password, as they are.
type Spec struct {
	Type string `json:"type" yaml:"type"`                     // the driver's name or alias, for example "redis-streams"
	Name string `json:"name,omitempty" yaml:"name,omitempty"` // of the trigger, in errors; may be empty

	// MetricType is the kind of the target; empty means PerReplica.
	MetricType TargetKind `json:"metricType,omitempty" yaml:"metricType,omitempty"`

	// NoTarget says that a formula replaces the trigger's target, which may be
	// missing then.
	NoTarget bool `json:"noTarget,omitempty" yaml:"noTarget,omitempty"`

	// Metadata has the trigger's parameters. For some parameters the key
	// <name>FromEnv may name a variable in Env that has the value.
	Metadata map[string]string `json:"metadata,omitempty" yaml:"metadata,omitempty"`

	// Auth has the parameters that came from a secret store.
	Auth map[string]Secret `json:"auth,omitempty" yaml:"auth,omitempty"`

	// Env has the variables of the workload's environment that Metadata refers
	// to. Libraries do not read the process's own environment; a program that
	// wants that fills Env with [Spec.Variables] and os.LookupEnv.
	Env map[string]Secret `json:"env,omitempty" yaml:"env,omitempty"`

	// Identity is the platform identity to authenticate with, if any.
	Identity Identity `json:"identity,omitzero" yaml:"identity,omitempty"`

	// Owner is whose trigger it is, as far as that has a name: a ScaledObject, say.
	Owner Key `json:"owner,omitzero" yaml:"owner,omitempty"`
}

// Variables returns the names of the environment variables that Metadata refers
// to, in keys such as passwordFromEnv, sorted.
func (s Spec) Variables() []string {
	var names []string
	for key, value := range s.Metadata {
		if name := strings.TrimSpace(value); name != "" && strings.Contains(key, "FromEnv") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// String returns, for example,
//
//	redis trigger "orders" with address, listName; password in the authentication
func (s Spec) String() string {
	text := triggerText(s.Type, s.Name)
	if len(s.Metadata) > 0 {
		text += " with " + keys(s.Metadata)
	}
	if len(s.Auth) > 0 {
		text += "; " + keys(s.Auth) + " in the authentication"
	}
	return text
}

func keys[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}

// Format implements [fmt.Formatter]: for every verb as String.
func (s Spec) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue implements [slog.LogValuer].
func (s Spec) LogValue() slog.Value { return slog.StringValue(s.String()) }

// A Key names a workload.
type Key struct {
	Namespace string `json:"namespace,omitempty" yaml:"namespace,omitempty"`
	Name      string `json:"name,omitempty" yaml:"name,omitempty"`
}

// String returns "namespace/name", or the name alone if there is no namespace.
func (k Key) String() string {
	if k.Namespace == "" {
		return k.Name
	}
	return k.Namespace + "/" + k.Name
}

// An Identity asks for authentication by the platform that the program runs
// on instead of by a secret. It mirrors KEDA's podIdentity. The zero value
// asks for none. It is comparable.
type Identity struct {
	Provider      string `json:"provider,omitempty" yaml:"provider,omitempty"`           // "azure-workload", "aws", "aws-eks", "gcp"; "" and "none" mean none
	ID            string `json:"id,omitempty" yaml:"id,omitempty"`                       // Azure: client id
	TenantID      string `json:"tenantID,omitempty" yaml:"tenantID,omitempty"`           // Azure
	AuthorityHost string `json:"authorityHost,omitempty" yaml:"authorityHost,omitempty"` // Azure: URL of the authority
	RoleARN       string `json:"roleARN,omitempty" yaml:"roleARN,omitempty"`             // AWS
	ExternalID    string `json:"externalID,omitempty" yaml:"externalID,omitempty"`       // AWS, with RoleARN
	Owner         string `json:"owner,omitempty" yaml:"owner,omitempty"`                 // AWS: "keda" or "workload"
}

// IsSet reports whether the Identity asks for a provider.
func (i Identity) IsSet() bool { return i.Provider != "" && i.Provider != "none" }

// A ConfigError says what is wrong with one parameter of a trigger. Errors of
// Open and of a driver's New consist of ConfigErrors, joined as by
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
	text := triggerText(e.Type, e.Name)
	if e.Key != "" {
		text += ": " + e.Key
	}
	return text + ": " + e.Problem
}

// triggerText returns what errors call a trigger.
func triggerText(typ, name string) string {
	text := "trigger"
	if typ != "" {
		text = typ + " trigger"
	}
	if name != "" {
		text += fmt.Sprintf(" %q", name)
	}
	return text
}

// ConfigErrors returns the ConfigErrors that err consists of or wraps, in
// their order.
func ConfigErrors(err error) []ConfigError {
	var all []ConfigError
	for _, err := range joined.Each("", err) {
		if problem, ok := err.(ConfigError); ok { //nolint:errorlint // what it wraps comes next
			all = append(all, problem)
		} else {
			all = append(all, ConfigErrors(errors.Unwrap(err))...)
		}
	}
	return all
}
