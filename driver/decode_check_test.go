package driver_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

func TestValuesAreCheckedThoughNotEverythingIsKnown(t *testing.T) {
	spec := scalerkit.Spec{
		Name:       "orders",
		MetricType: "Utilization",
		Metadata: values{
			"length": "0", "mode": "redy", "zeta": "1", "host": "h", "usernameFromEnv": "NOBODY", "hostsFromEnv": "X", "unsafeSsl": "maybe",
		},
	}
	const problems = `broker trigger "orders": unsafeSsl: "maybe" is not true or false
broker trigger "orders": length: "0" is not greater than 0
broker trigger "orders": mode: "redy" is not one of ready, unacked, all; did you mean "ready"?`
	const unknown = `broker trigger "orders": hostsFromEnv: is not a parameter of this trigger type; did you mean "hostFromEnv"?
broker trigger "orders": zeta: is not a parameter of this trigger type; there are host, hostFromEnv, length, mode, passwordFromEnv, queue, queueName, unsafeSsl, usernameFromEnv`
	const kind = `broker trigger "orders": metricType: "Utilization" is not one of AverageValue, Value`
	require.EqualError(t, brokerDriver("broker").CheckValues(spec, nil), problems+"\n"+kind+"\n"+unknown)

	var warned []error
	warn := func(e scalerkit.ConfigError) { warned = append(warned, e) }
	require.EqualError(t, brokerDriver("broker").CheckValues(spec, warn), problems+"\n"+kind)
	assert.Len(t, warned, 2)
}

// What is missing may be in a secret, and so may what takes precedence or what
// something goes together with.
func TestValuesThatMayBeRightAreNotRefused(t *testing.T) {
	d := newDriver("d", func(incomplete, scalerkit.Options) (scalerkit.Scaler, error) { return nil, nil })
	assert.NoError(t, d.CheckValues(scalerkit.Spec{Metadata: values{"replaced": "x", "kept": "y"}}, nil))
}

type incomplete struct {
	Replaced int              `scaler:"replaced" from:"auth,metadata"`
	Missing  string           `scaler:"missing,required" from:"auth"`
	Kept     scalerkit.Secret `scaler:"kept" from:"metadata,auth"`
}

func (i *incomplete) Parse(p *driver.Problems) {
	p.Add(&i.Kept, "does not go with what is not known")
}
