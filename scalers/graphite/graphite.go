package graphite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/signed"
)

// Config describes a trigger on the newest value of a series.
type Config struct {
	Server

	Query      string  `scaler:"query,required" doc:"target of the render API, of which the result is one series"`
	QueryTime  string  `scaler:"queryTime,required" doc:"how far back to look, such as -10Minutes"`
	Threshold  float64 `scaler:"threshold,target" default:"100" above:"0" doc:"target: value per replica"`
	Activation float64 `scaler:"activationThreshold,activation" doc:"the trigger is active above this value"`
	MetricType scalerkit.TargetKind
}

// Server is how to get there. Triggers with equal Servers share connections.
type Server struct {
	Address string `scaler:"serverAddress,required" format:"server" doc:"URL of the server; /render is appended"`
	httpsource.Access
}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type graphite.
func Driver() scalerkit.Driver { return trigger.Driver() }

var (
	source  = httpsource.Source[question, answer]{Name: "graphite", Ask: ask}
	trigger = driver.Type[Config]{Name: "graphite", Open: open}
)

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return source.New(o, httpsource.Plan[question, answer]{
		Metric:   driver.MetricOf(c, "graphite"),
		Question: question{strings.TrimSuffix(c.Address, "/") + "/render", c.Query, c.QueryTime},
		Server:   c.Address,
		Access:   c.Access,
		Read: func(a answer) (scalerkit.Reading, error) {
			if a.nothing != "" {
				return scalerkit.Reading{Note: a.nothing + ", which counts as 0"}, nil
			}
			r := signed.Reading(a.value, c.Activation)
			r.Time = a.time
			return r, nil
		},
	})
}

// A question is for the newest value of a series.
type question struct{ url, target, from string }

// String implements fmt.Stringer.
func (q question) String() string {
	const most = 100 // characters of a query that may have thousands
	if runes := []rune(q.target); len(runes) > most {
		return fmt.Sprintf("query %q …", string(runes[:most]))
	}
	return fmt.Sprintf("query %q", q.target)
}

// An answer is the newest value, or says why there is none.
type answer struct {
	value   float64
	time    time.Time
	nothing string
}

// maxURL is how many bytes of a URL everybody should take, by RFC 9110, less some
// for a key in it.
const maxURL = 7000

func ask(ctx context.Context, c *httpsource.Client, q question) (answer, error) {
	form := url.Values{"target": {q.target}, "from": {q.from}, "format": {"json"}}.Encode()
	r := httpsource.Request{URL: q.url + "?" + form}
	if len(r.URL) > maxURL {
		r = httpsource.Request{Method: http.MethodPost, URL: q.url, Body: []byte(form), Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}
	}
	var all []struct{ Datapoints [][]*float64 }
	if err := c.DoJSON(ctx, r, &all); err != nil {
		return answer{}, err
	}
	switch {
	case len(all) == 0:
		return answer{nothing: "the query has no series"}, nil
	case len(all) > 1:
		return answer{}, fmt.Errorf("the result has %d series and not one: make one of them, with sumSeries() or maxSeries(), say", len(all))
	case len(all[0].Datapoints) == 0:
		return answer{nothing: "the series has no points"}, nil
	}
	for _, point := range slices.Backward(all[0].Datapoints) {
		switch {
		case len(point) != 2 || point[1] == nil:
			return answer{}, errors.New("a point is not the pair of a value and a time that it should be")
		case point[0] != nil:
			return answer{value: *point[0], time: time.Unix(int64(*point[1]), 0)}, nil
		}
	}
	return answer{}, errors.New("all points of the series are null: look further back, or at what is written")
}
