package scalertest_test

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

var brokenConfigs = []broken{
	{
		name:   "checks in Open only",
		driver: Driver(),
		typed: scalertest.Typed(func(c Config, o scalerkit.Options) (scalerkit.Scaler, error) {
			return open(&c, o)
		}),
		caught: map[string]string{"NewChecksItsConfig": "New accepts Target -1"},
	},
	{
		name:   "has other defaults in New",
		driver: Driver(),
		typed: scalertest.Typed(func(c Config, o scalerkit.Options) (scalerkit.Scaler, error) {
			c.Target = 1
			return New(c, o)
		}),
		caught: map[string]string{"NewIsLikeOpen": "with New the metric is {Name:toy-orders Target:{Kind:AverageValue Value:1}"},
	},
	{
		name:   "names keys in New",
		driver: Driver(),
		typed: scalertest.Typed(func(c Config, o scalerkit.Options) (scalerkit.Scaler, error) {
			s, err := New(c, o)
			if err != nil {
				return nil, scalerkit.ConfigError{Type: "toy", Key: "target", Problem: "is wrong"}
			}
			return s, nil
		}),
		caught: map[string]string{"NewChecksItsConfig": "the error does not name Target"},
	},
	{
		name: "has a parameter without documentation",
		driver: alterConfig(func(c struct {
			Config
			Extra string `scaler:"extra"`
		}) (Config, error) {
			return c.Config, nil
		}),
		caught: map[string]string{"EveryParamIsDocumented": `extra: doc ""`},
	},
	{
		name: "complains of what is missing without a ConfigError",
		driver: alterConfig(func(c Config) (Config, error) {
			if !c.Password.IsSet() {
				return c, errors.New("no password")
			}
			return c, nil
		}),
		caught: map[string]string{"MissingKeyIsNamed": "without password: the error is no ConfigError"},
	},
	{
		name: "warns of its own accord",
		driver: alterOptions(func(o *scalerkit.Options) {
			if o.Warn != nil {
				o.Warn(scalerkit.ConfigError{Type: "toy", Key: "levelName", Problem: "is out of fashion"})
			}
		}),
		caught: map[string]string{
			"UnknownKeyIsNamed": "Options.Warn was told",
			"DoubledKeyIsNamed": "Options.Warn was told",
		},
	},
	{
		name:   "tolerates two values that have to agree",
		driver: agreeing{alter()},
		caught: map[string]string{"DoubledKeyIsNamed": "with two values for password and Options.Warn: opened"},
	},
	{
		name: "parses a number itself",
		driver: alterConfig(func(c struct {
			Server
			Name       string  `scaler:"levelName,required" doc:"which level to read"`
			Target     string  `scaler:"target" default:"5" doc:"level per replica"`
			Activation float64 `scaler:"activationTarget" doc:"level above which the source is active"`
			MetricType scalerkit.TargetKind
		}) (Config, error) {
			target, err := strconv.ParseFloat(c.Target, 64)
			return Config{Server: c.Server, Name: c.Name, Target: target, Activation: c.Activation, MetricType: c.MetricType}, err
		}),
		caught: map[string]string{
			"BadValueIsNamed":        `with target "many": the error is no ConfigError`,
			"EveryProblemIsReported": "does not name [target]",
		},
	},
	{
		name: "accepts a target of zero",
		driver: driver.Type[struct {
			Server
			Name       string   `scaler:"levelName,required" doc:"which level to read"`
			Target     *float64 `scaler:"target" default:"5" doc:"level per replica"`
			MetricType scalerkit.TargetKind
		}]{Name: "toy", Open: func(c *struct {
			Server
			Name       string   `scaler:"levelName,required" doc:"which level to read"`
			Target     *float64 `scaler:"target" default:"5" doc:"level per replica"`
			MetricType scalerkit.TargetKind
		}, o scalerkit.Options) (scalerkit.Scaler, error) {
			s, err := New(Config{Server: c.Server, Name: c.Name, MetricType: c.MetricType}, o)
			if err != nil {
				return nil, err
			}
			return retargeted{s, *c.Target}, nil
		}}.Driver(),
		caught: map[string]string{"MetricIsAsConfigured": "the target is 0: target should be refused"},
	},
	{
		name: "dials when it is opened",
		driver: driver.Type[Config]{Name: "toy", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
			if c, err := dial(context.Background(), c.Server, o); err == nil {
				_ = c.Close()
			}
			return New(*c, o)
		}}.Driver(),
		caught: map[string]string{"OpenDoesNoIO": "dialled 1 times"},
	},
	{
		name: "cannot do without Options.Dial",
		driver: alter(func(a *altered) {
			good := a.read
			a.read = func(ctx context.Context) (scalerkit.Reading, error) {
				if a.options.Dial == nil {
					return scalerkit.Reading{}, errors.New("no Dial")
				}
				return good(ctx)
			}
		}),
		caught: map[string]string{"ZeroOptionsWillDo": "no Dial"},
	},
	{
		name:   "shares with all if there is no Pool",
		driver: sharesWithAll(),
		caught: map[string]string{"ZeroOptionsWillDo": "share connections all the same"},
	},
	{
		name: "has another metric name each time",
		driver: alter(func(a *altered) {
			m := a.metric()
			m.Name += strconv.FormatInt(opened.Add(1), 10)
			a.metric = func() scalerkit.Metric { return m }
		}),
		caught: map[string]string{"MetricIsConstant": "if the same trigger is opened again"},
	},
	{
		name: "changes its target as it reads",
		driver: alter(func(a *altered) {
			goodRead, goodMetric := a.read, a.metric
			var reads atomic.Int64
			a.read = func(ctx context.Context) (scalerkit.Reading, error) {
				reads.Add(1)
				return goodRead(ctx)
			}
			a.metric = func() scalerkit.Metric {
				m := goodMetric()
				m.Target.Value += float64(reads.Load())
				return m
			}
		}),
		caught: map[string]string{"MetricIsConstant": "and is now"},
	},
	{
		name: "has a BatchKey that cannot be compared",
		driver: alter(func(a *altered) {
			a.key = func() any { return []string{a.config.Address} }
		}),
		caught: map[string]string{"MetricIsConstant": "which cannot be compared"},
	},
	{
		name: "has another BatchKey each time",
		driver: alter(func(a *altered) {
			a.key = func() any { return new(int) }
		}),
		caught: map[string]string{"MetricIsConstant": "another key each time"},
	},
	{
		name: "has a metric name that does not fit into a URL",
		driver: alter(func(a *altered) {
			m := a.metric()
			m.Name = "toy/" + a.config.Name
			a.metric = func() scalerkit.Metric { return m }
		}),
		caught: map[string]string{"MetricIsAsConfigured": "does not fit into a URL"},
	},
	{
		name: "ignores the metric type and the target",
		driver: alter(func(a *altered) {
			m := a.metric()
			m.Target = scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}
			a.metric = func() scalerkit.Metric { return m }
		}),
		caught: map[string]string{"MetricIsAsConfigured": "target says 3"},
	},
	{
		name: "has the password in its metric name",
		driver: alter(func(a *altered) {
			m := a.metric()
			m.Name += a.config.Password.Reveal()
			a.metric = func() scalerkit.Metric { return m }
		}),
		caught: map[string]string{"OpenDoesNoIO": "a secret was printed: toy-orders<secret>"},
	},
}

// An agreeing driver says that all values have to agree.
type agreeing struct{ scalerkit.Driver }

func (a agreeing) Params() []scalerkit.Param {
	params := a.Driver.Params()
	for i := range params {
		params[i].Agree = true
	}
	return params
}

// A retargeted Scaler has another target than it was opened with.
type retargeted struct {
	scalerkit.Scaler
	target float64
}

func (s retargeted) Metric() scalerkit.Metric {
	m := s.Scaler.Metric()
	m.Target.Value = s.target
	return m
}

var opened atomic.Int64

func sharesWithAll() scalerkit.Driver {
	all := new(scalerkit.Pool)
	return alterOptions(func(o *scalerkit.Options) {
		if o.Pool == nil {
			o.Pool = all
		}
	})
}
