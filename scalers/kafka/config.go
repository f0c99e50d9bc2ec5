package kafka

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Config describes a trigger on the lag of a consumer group.
type Config struct {
	Cluster
	Lag

	// The versions that a broker speaks are negotiated, and metadata is asked
	// for topic by topic, so that these two have no effect.
	Version      string `scaler:"version" doc:"version of the brokers, such as 2.5.0; without effect, since it is negotiated"`
	FullMetadata *bool  `scaler:"fullMetadata" default:"true" doc:"without effect: only the metadata of the topics in question is asked for"`
}

// ApacheConfig describes a trigger of type apache-kafka on the same, with the
// rules of that.
type ApacheConfig struct {
	Cluster
	Lag
}

// Lag is the part of the parameters that says which lag is read, and how it
// becomes a number of replicas.
type Lag struct {
	ConsumerGroup string   `scaler:"consumerGroup,required" from:"metadata,env" doc:"consumer group whose lag is read"`
	Topics        []string `scaler:"topic" from:"metadata,env" doc:"topic, or several, whose lags are added; without it all topics that the group has committed offsets of"`
	UseRegex      bool     `scaler:"useRegex" doc:"topic is a regular expression, which the whole name of a topic has to match; not in KEDA"`

	PartitionLimitation string `scaler:"partitionLimitation" doc:"partitions to look at, such as 1,2,10-20; all if it is not given"`
	LagThreshold        int64  `scaler:"lagThreshold,target" default:"10" min:"1" doc:"target: lag per replica"`
	ActivationThreshold int64  `scaler:"activationLagThreshold,activation" min:"0" doc:"the trigger is active above this lag"`

	OffsetResetPolicy string `scaler:"offsetResetPolicy" default:"latest" enum:"latest|earliest" doc:"where consumers begin without a committed offset: latest counts 1 for such a partition, so that they begin at all, earliest the whole of it"`
	IsolationLevel    string `scaler:"isolationLevel" default:"read_uncommitted" enum:"read_uncommitted|read_committed" doc:"that of the consumers: with read_committed, messages behind the last stable offset do not count; not in KEDA"`

	AllowIdleConsumers                 bool `scaler:"allowIdleConsumers" doc:"do not limit the replicas to the number of partitions"`
	ExcludePersistentLag               bool `scaler:"excludePersistentLag" doc:"leave partitions out whose committed offset stands still; they count for activation all the same"`
	ScaleToZeroOnInvalidOffset         bool `scaler:"scaleToZeroOnInvalidOffset" doc:"count nothing for a partition without a committed offset"`
	LimitToPartitionsWithLag           bool `scaler:"limitToPartitionsWithLag" doc:"limit the replicas to the number of partitions that have lag"`
	EnsureEvenDistributionOfPartitions bool `scaler:"ensureEvenDistributionOfPartitions" doc:"only numbers of replicas that divide the number of partitions"`

	MetricType scalerkit.TargetKind

	only   partitions // of PartitionLimitation
	topics string     // sorted, each once, with commas between; or a regular expression
}

// Parse implements [driver.Parser]. It refuses what contradicts itself.
func (l *Lag) Parse(p *driver.Problems) {
	l.topics = strings.Join(slices.Compact(slices.Sorted(slices.Values(l.Topics))), ",")
	if l.UseRegex {
		l.parseRegex(p)
	}
	var err error
	if l.only, err = parsePartitions(l.PartitionLimitation); err != nil {
		p.Add(&l.PartitionLimitation, "%v", err)
	}
	if l.LimitToPartitionsWithLag && l.AllowIdleConsumers {
		p.Add(&l.LimitToPartitionsWithLag, "and %s are both set: the one sets a limit that the other lifts", p.Name(&l.AllowIdleConsumers))
	}
	if l.LimitToPartitionsWithLag && len(l.Topics) == 0 {
		p.Add(&l.LimitToPartitionsWithLag, "needs a topic")
	}
}

// parseRegex takes Topics for a regular expression, the parts of which between its
// commas they are.
func (l *Lag) parseRegex(p *driver.Problems) {
	if len(l.Topics) == 0 {
		p.Add(&l.Topics, "is missing: %s needs it", p.Name(&l.UseRegex))
	}
	l.topics = strings.Join(l.Topics, ",")
	if _, err := pattern(l.topics); err != nil {
		why := new(syntax.Error)
		_ = errors.As(err, &why) // it is one
		p.Add(&l.Topics, "is not a regular expression: %s", why.Code)
	}
}

// pattern returns what matches the names of topics.
func pattern(text string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(text); err != nil { // its parentheses are its own
		return nil, err
	}
	return regexp.Compile("^(?:" + text + ")$")
}

// version is what KEDA takes for the version of a broker.
var version = regexp.MustCompile(`^(0\.\d+\.\d+\.\d+|\d+\.\d+\.\d+)$`)

// Parse implements [driver.Parser]. It has the rules that trigger type
// apache-kafka does not have.
func (c *Config) Parse(p *driver.Problems) {
	if len(c.Topics) == 0 {
		c.only = "" // KEDA has it only with a topic
	}
	if c.EnsureEvenDistributionOfPartitions && len(c.Topics) == 0 {
		p.Add(&c.EnsureEvenDistributionOfPartitions, "needs a topic")
	}
	p.Exclude(&c.EnsureEvenDistributionOfPartitions, &c.LimitToPartitionsWithLag)
	if c.FullMetadata != nil && !*c.FullMetadata && len(c.Topics) == 0 {
		p.Add(&c.FullMetadata, "is false, which needs a topic")
	}
	if c.Version != "" && !version.MatchString(c.Version) {
		p.Add(&c.Version, "%q is not a version such as 2.5.0", c.Version)
	}
}
