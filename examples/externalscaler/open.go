package main

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/external/server"
)

// The keys of a trigger's metadata that are for this program. No source has a
// parameter of that name.
const (
	typeKey        = "triggerType"
	credentialsKey = "triggerCredentials"
	addressKey     = "scalerAddress"
)

// An opener opens the triggers that KEDA asks for.
type opener struct {
	registry *scalerkit.Registry
	known    vault
	options  scalerkit.Options
	log      *slog.Logger
}

// newOpener returns an opener, all of whose triggers share their connections.
func newOpener(registry *scalerkit.Registry, known vault, log *slog.Logger) *opener {
	return &opener{registry, known, scalerkit.Options{Pool: new(scalerkit.Pool), Logger: log}, log}
}

// open returns the Scaler of a trigger.
func (o *opener) open(object server.Object) (scalerkit.Scaler, error) {
	spec, err := o.spec(object)
	if err != nil {
		return nil, err
	}
	options := o.options
	options.Warn = func(e scalerkit.ConfigError) { o.log.Warn(e.Error(), "object", object.Owner.String()) }
	return o.registry.Open(spec, options)
}

// spec returns the trigger that the metadata describes, as it would be if it had
// its own type and not KEDA's external.
func (o *opener) spec(object server.Object) (scalerkit.Spec, error) {
	spec := scalerkit.Spec{
		Type: object.Metadata[typeKey], Owner: object.Owner,
		Metadata: make(map[string]string), Env: make(map[string]scalerkit.Secret),
	}
	wrong := func(key, format string, args ...any) (scalerkit.Spec, error) {
		return scalerkit.Spec{}, scalerkit.ConfigError{Type: spec.Type, Key: key, Problem: fmt.Sprintf(format, args...)}
	}
	if spec.Type == "" {
		return wrong(typeKey, "is missing: the type of the trigger that is to be read, such as redis")
	}
	for key, value := range object.Metadata {
		switch {
		case key == typeKey, key == credentialsKey, key == addressKey:
		case key == "identityOwner" && value == "operator":
			return wrong(key, "is not for callers: name credentials that have an identity")
		case strings.HasSuffix(key, "FromEnv"): // KEDA has replaced the variable's name by its value
			spec.Metadata[key], spec.Env[key] = key, scalerkit.NewSecret(value)
		default:
			spec.Metadata[key] = value
		}
	}
	if name := object.Metadata[credentialsKey]; name != "" {
		c, ok := o.known[scalerkit.Key{Namespace: object.Owner.Namespace, Name: name}]
		if !ok {
			return wrong(credentialsKey, "there are no credentials %q for namespace %q", name, object.Owner.Namespace)
		}
		spec.Auth, spec.Identity = c.auth(), c.Identity
	}
	return spec, nil
}
