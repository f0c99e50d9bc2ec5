package awscloudwatch

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// New returns a Scaler that reads a metric or an expression. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type aws-cloudwatch.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "aws-cloudwatch", Open: open}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	key := c.Key()
	return source.New(o, driver.Plan[*client, question, point]{
		Metric:   c.metric(),
		Question: c.question(),
		Key:      key,
		Open:     func(context.Context) (*client, error) { return newClient(key.Open(o)), nil },
		Read:     c.read,
	}), nil
}

// source has no Max: how many calls the questions take depends on their windows.
var source = driver.Source[*client, question, point]{Name: "aws-cloudwatch", Ask: ask}

func (c *Config) metric() scalerkit.Metric { return driver.MetricOf(c, "aws-cloudwatch") }

// read makes a reading of the newest data point.
func (c *Config) read(p point) (scalerkit.Reading, error) {
	r := scalerkit.Reading{Value: p.value, Time: p.at}
	switch {
	case p.at.IsZero() && !*c.IgnoreNullValues:
		return r, fmt.Errorf("there is no data point in the %v of metricCollectionTime, and ignoreNullValues is false", time.Duration(c.MetricCollectionTime)*time.Second)
	case p.at.IsZero():
		r.Value = *c.MinMetricValue
	case math.IsNaN(p.value) || math.IsInf(p.value, 0):
		return r, fmt.Errorf("the newest data point is %v", p.value)
	}
	if r.Value < 0 { // no replicas are called for by less than nothing
		if !r.IsActive(c.metric()) {
			r.Activity = scalerkit.Inactive
		}
		r.Value = 0
	}
	return r, nil
}
