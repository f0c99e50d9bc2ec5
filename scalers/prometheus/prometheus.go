package prometheus

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
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

var source = httpsource.NewSource("prometheus", ask)

func trigger(identities []httpsource.Identities) driver.Type[Config] {
	all := httpsource.Join(identities...)
	return driver.Type[Config]{Name: "prometheus", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
		settings := httpsource.Settings{Access: c.Access}
		if !c.Access.IsSet() {
			var err error
			if settings.Identity, err = all.Opener(c.Platform, c.audience(), o); err != nil {
				return nil, err
			}
		}
		return source.New(o, driver.Plan[*httpsource.Client, question, result]{
			Metric: scalerkit.Metric{
				Name:       driver.MetricName("prometheus"),
				Target:     scalerkit.Target{Kind: c.MetricType, Value: c.Threshold},
				Activation: c.Activation,
			},
			Question: c.question,
			Key:      c.Server,
			Open:     func(context.Context) (*httpsource.Client, error) { return httpsource.New(settings, o) },
			Read:     c.read,
		}), nil
	}}
}

// A question is a request, and whether half an answer to it will do.
type question struct {
	query, address     string
	parameters, header string // as in the query of a URL
	partial            bool
}

// String implements fmt.Stringer.
func (q question) String() string {
	const most = 100 // characters of a query that may have thousands
	if runes := []rune(q.query); len(runes) > most {
		return fmt.Sprintf("query %q …", string(runes[:most]))
	}
	return fmt.Sprintf("query %q", q.query)
}

// maxURL is how many bytes of a URL everybody should take, by RFC 9110, less
// some for a key in it.
const maxURL = 7000

func ask(ctx context.Context, c *httpsource.Client, q question) (result, error) {
	header, _ := url.ParseQuery(q.header) // as Parse has made it
	query := url.Values{"query": {q.query}}.Encode()
	r := httpsource.Request{
		URL:     q.address + "?" + strings.Trim(query+"&"+q.parameters, "&"),
		Header:  http.Header(header),
		Secrets: slices.Concat(slices.Collect(maps.Values(header))...),
	}
	if len(r.URL) > maxURL {
		r.Method, r.URL, r.Body = http.MethodPost, strings.TrimSuffix(q.address+"?"+q.parameters, "?"), []byte(query)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	var a answer
	if err := c.DoJSON(ctx, r, &a); err != nil {
		return result{}, err
	}
	return a.result(q.partial, func(text string) string { return c.Excerpt(text, r.Secrets...) })
}
