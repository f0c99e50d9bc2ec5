package activemq

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// New returns a Scaler for a queue of the classic broker.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return classic.New(c, o) }

// Driver returns the driver of the trigger type activemq.
func Driver() scalerkit.Driver { return classic.Driver() }

// NewArtemis returns a Scaler for a queue of Artemis.
func NewArtemis(c ArtemisConfig, o scalerkit.Options) (scalerkit.Scaler, error) {
	return artemis.New(c, o)
}

// ArtemisDriver returns the driver of the trigger type artemis-queue.
func ArtemisDriver() scalerkit.Driver { return artemis.Driver() }

var classic = driver.Type[Config]{Name: "activemq", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return open(driver.MetricOf(c, "activemq", c.question.queue), c.question, access(c.Username, c.Password, c.Timeout, c.TLS), o)
}}

var artemis = driver.Type[ArtemisConfig]{Name: "artemis-queue", Open: func(c *ArtemisConfig, o scalerkit.Options) (scalerkit.Scaler, error) {
	return open(driver.MetricOf(c, "artemis", c.question.queue), c.question, access(c.Username, c.Password, c.Timeout, c.TLS), o)
}}

func access(username string, password scalerkit.Secret, timeout time.Duration, tls driver.TLS) httpsource.Access {
	return httpsource.Access{Modes: []string{httpsource.ModeBasic}, Username: username, Password: password, Timeout: timeout, TLS: tls}
}

func open(metric scalerkit.Metric, q question, access httpsource.Access, o scalerkit.Options) (scalerkit.Scaler, error) {
	metric.InFlight = true
	return source.New(o, httpsource.Plan[question, float64]{Metric: metric, Question: q, Server: q.server, Access: access})
}

var source = httpsource.Source[question, float64]{Name: "activemq", Ask: ask}

// A question is for the messages of a queue.
type question struct{ server, url, origin, queue string }

// String implements fmt.Stringer.
func (q question) String() string { return fmt.Sprintf("size of queue %q", q.queue) }

func ask(ctx context.Context, c *httpsource.Client, q question) (float64, error) {
	var answer struct {
		Status int      `json:"status"`
		Value  *float64 `json:"value"`
		Error  string   `json:"error"`
	}
	request := httpsource.Request{URL: q.url, Header: http.Header{"Origin": {q.origin}}}
	switch err := c.DoJSON(ctx, request, &answer); {
	case err != nil:
		return 0, err
	case answer.Status == 0:
		return 0, errors.New("this is not an answer of Jolokia: it has no status")
	case answer.Status != http.StatusOK:
		return 0, fmt.Errorf("Jolokia answers: %w", httpsource.Refusal(answer.Status, nil, c.Excerpt(answer.Error)))
	case answer.Value == nil:
		return 0, errors.New("the answer has no value")
	}
	return *answer.Value, nil
}
