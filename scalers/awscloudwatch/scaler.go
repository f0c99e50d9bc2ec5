package awscloudwatch

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/scalerkit/scalerkit"
)

// Driver returns the driver for trigger type aws-cloudwatch.
func Driver() scalerkit.Driver { return scalerkit.NewDriver("aws-cloudwatch", New) }

// A scaler is a query, the time to ask about, and a share in the client to ask
// with.
type scaler struct {
	client *scalerkit.Shared[*client]
	query  query
	view   view
	metric scalerkit.Metric

	ignoreNull bool
	nullValue  float64
}

// New returns a Scaler that reads a metric or an expression. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	if err := scalerkit.Check("aws-cloudwatch", &config); err != nil {
		return nil, err
	}
	return &scaler{
		client: share(config.Account, options),
		query:  config.query(),
		view:   config.view(),
		metric: scalerkit.Metric{
			Name:       scalerkit.MetricName("aws-cloudwatch"),
			Target:     scalerkit.Target{Kind: config.MetricType, Value: config.TargetMetricValue},
			Activation: config.ActivationTargetMetricValue,
		},
		ignoreNull: *config.IgnoreNullValues,
		nullValue:  *config.MinMetricValue,
	}, nil
}

func (s *scaler) Metric() scalerkit.Metric { return s.metric }

func (s *scaler) Close() error { return s.client.Close() }

func (s *scaler) BatchKey() any { return s.client.ID() }

// IsClosed implements scalerkit.Sharer.
func (s *scaler) IsClosed() bool { return s.client.IsClosed() }

func (s *scaler) Read(ctx context.Context) (scalerkit.Reading, error) {
	return scalerkit.ReadShared(ctx, s.client, s, ask, (*scaler).wrap)
}

func (s *scaler) ReadBatch(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	return scalerkit.ReadSharedBatch(ctx, s.client, peers, ask, (*scaler).wrap)
}

// ask puts the questions of all scalers at once.
func ask(ctx context.Context, c *client, scalers []*scaler) ([]scalerkit.Result, error) {
	now := time.Now()
	questions := make([]question, len(scalers))
	for i, s := range scalers {
		questions[i] = s.question(now)
	}
	answers := c.ask(ctx, questions)
	results := make([]scalerkit.Result, len(scalers))
	for i, s := range scalers {
		results[i] = s.result(answers[i], now)
	}
	return results, nil
}

func (s *scaler) question(now time.Time) question { return question{s.query, s.view.at(now)} }

// result makes a reading of an answer.
func (s *scaler) result(a answer, now time.Time) scalerkit.Result {
	err := a.err
	switch {
	case err != nil:
	case a.at.IsZero() && s.ignoreNull:
		a.value, a.at = s.nullValue, now
	case a.at.IsZero():
		err = fmt.Errorf("there is no data point in the %v of metricCollectionTime, and ignoreNullValues is false", s.view.length)
	case math.IsNaN(a.value) || math.IsInf(a.value, 0):
		err = fmt.Errorf("the newest data point is %v", a.value)
	}
	if err != nil {
		return scalerkit.Result{Err: s.wrap(err)}
	}
	r := scalerkit.Reading{Value: a.value, Time: a.at}
	if r.Value < 0 { // no replicas are called for by less than nothing
		if !r.IsActive(s.metric) {
			r.Activity = scalerkit.Inactive
		}
		r.Value = 0
	}
	return scalerkit.Result{Reading: r}
}

// wrap adds to an error what was being done.
func (s *scaler) wrap(err error) error { return fmt.Errorf("read %v: %w", s.query, err) }
