package scalerkit

// A Driver opens the Scalers of one trigger type. Package driver makes them; a
// [Registry] holds many. Its methods do no I/O and may be called concurrently.
type Driver interface {
	// Name is the trigger type, for example "redis-streams".
	Name() string

	// Aliases are other names of the same trigger type.
	Aliases() []string

	// Params are the parameters of the trigger type, in the order in which they
	// are best presented. The caller must not change them.
	Params() []Param

	// Open returns a Scaler for the trigger that the Spec describes. The error
	// has every problem found (see [ConfigErrors]). Spec.Type only appears in
	// errors here.
	Open(Spec, Options) (Scaler, error)

	// CheckValues is for a Spec of which not everything is known yet: what
	// secrets and environment variables say. It returns what is wrong with the
	// parameters in Metadata, each by itself, but for those that may come from
	// elsewhere with precedence; warn is as [Options.Warn]. What is missing and
	// what does not go together is left to Open.
	CheckValues(spec Spec, warn func(ConfigError)) error
}
