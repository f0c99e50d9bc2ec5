package scalerkit

// A Param describes one parameter of a trigger type. It is enough to render
// documentation or a schema.
type Param struct {
	Names    []string // the first is the one to use, the others are synonyms; "*" stands for every key that there may be besides
	Type     string   // string, int, float, bool, duration, list, map, query or secret
	From     []string // where it may be given, of "metadata", "auth" and "env"; of several, the first has precedence
	Required bool     // it has to be given
	Target   bool     // it has to be given, unless Spec.NoTarget
	Agree    bool     // different values in two places are an error, whatever Options.Warn is told
	Sep      string   // between the elements of a list or map
	Default  string   // empty if there is none
	Enum     []string // the allowed values; empty if any will do
	Format   string   // of the value, or of each element of a list: url, server, address, host, port or query; empty if any will do
	Min      string   // least number allowed; empty if there is none
	Above    string   // the number must be greater than this; empty if there is none
	Max      string   // greatest number allowed; empty if there is none
	Doc      string   // what it means; lower case, no full stop
}
