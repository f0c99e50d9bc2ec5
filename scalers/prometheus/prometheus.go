package prometheus

import (
	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/promquery"
)

// New returns a Scaler, which authenticates by the identities of clouds that are
// passed.
func New(c Config, o scalerkit.Options, identities ...httpsource.Identities) (scalerkit.Scaler, error) {
	return trigger(identities).New(c, o)
}

// Driver returns the driver of the trigger type prometheus, which authenticates
// by the identities of clouds that are passed.
func Driver(identities ...httpsource.Identities) scalerkit.Driver {
	return trigger(identities).Driver()
}

var source = httpsource.Source[promquery.Query, promquery.Result]{Name: "prometheus", Ask: promquery.Ask}

func trigger(identities []httpsource.Identities) driver.Type[Config] {
	return driver.Type[Config]{Name: "prometheus", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
		return source.New(o, httpsource.Plan[promquery.Query, promquery.Result]{
			Metric:     driver.MetricOf(c, "prometheus"),
			Question:   c.question,
			Server:     c.Address,
			Access:     c.Access,
			Platform:   c.Platform,
			Audience:   c.audience(),
			Identities: httpsource.Join(identities...),
			Read: func(r promquery.Result) (scalerkit.Reading, error) {
				return r.Reading(*c.IgnoreNullValues, c.Activation)
			},
		})
	}}
}
