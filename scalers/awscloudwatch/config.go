package awscloudwatch

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/aws"
)

// Account is the part of the parameters that says where CloudWatch is and who
// asks. Triggers with equal Accounts share connections and are read together.
type Account = aws.Account

// Config describes a trigger on a metric, or on an expression.
type Config struct {
	Account
	Namespace      string `scaler:"namespace" doc:"namespace of the metric, such as AWS/SQS"`
	MetricName     string `scaler:"metricName" doc:"name of the metric"`
	DimensionName  string `scaler:"dimensionName" doc:"names of the metric's dimensions, separated by semicolons; none if it has no dimensions"`
	DimensionValue string `scaler:"dimensionValue" doc:"values of the dimensions, separated by semicolons, in the order of their names"`
	Expression     string `scaler:"expression" doc:"Metrics Insights query or metric math, in place of namespace, metricName and dimensions; of several time series the first counts"`
	AccountID      string `scaler:"awsAccountId" doc:"account that has the metric, if it is another one that shares it"`

	TargetMetricValue           float64 `scaler:"targetMetricValue,target" above:"0" doc:"target: value per replica"`
	ActivationTargetMetricValue float64 `scaler:"activationTargetMetricValue,activation" doc:"the trigger is active above this value"`

	MinMetricValue   *float64 `scaler:"minMetricValue,required" doc:"value to take where there is no data point, unless ignoreNullValues is false"`
	IgnoreNullValues *bool    `scaler:"ignoreNullValues" default:"true" doc:"false: that there is no data point is an error"`

	MetricStat           string `scaler:"metricStat" default:"Average" doc:"statistic, such as Average, Sum, Maximum, SampleCount or p99"`
	MetricUnit           string `scaler:"metricUnit" doc:"unit of the data points to read, such as Count; all if there is none"`
	MetricStatPeriod     int32  `scaler:"metricStatPeriod" default:"300" min:"1" doc:"seconds in a data point: 1, 5, 10, 30 or a multiple of 60"`
	MetricCollectionTime int32  `scaler:"metricCollectionTime" default:"300" min:"1" doc:"seconds to look back for data points; a multiple of metricStatPeriod"`
	MetricEndTimeOffset  int32  `scaler:"metricEndTimeOffset" doc:"seconds ago to look back from, so that late data have arrived; may be negative"`
	MetricType           scalerkit.TargetKind
}

// Parse implements [driver.Parser]. It checks that there is something to read,
// and when.
func (c *Config) Parse(p *driver.Problems) {
	if c.Expression == "" {
		c.parseMetric(p)
	}
	switch period := c.MetricStatPeriod; {
	case period != 1 && period != 5 && period != 10 && period != 30 && period%60 != 0:
		p.Add(&c.MetricStatPeriod, "%d is not 1, 5, 10, 30 or a multiple of 60", period)
	case period > 0 && c.MetricCollectionTime%period != 0:
		p.Add(&c.MetricCollectionTime, "%d is not a multiple of %s, which is %d", c.MetricCollectionTime, p.Name(&c.MetricStatPeriod), period)
	}
}

func (c *Config) parseMetric(p *driver.Problems) {
	for _, field := range []*string{&c.Namespace, &c.MetricName} {
		if *field == "" {
			p.Add(field, "is missing: a metric takes namespace and metricName, and its dimensions in dimensionName and dimensionValue, if it has any; or give an expression")
		}
	}
	name, value := p.Name(&c.DimensionName), p.Name(&c.DimensionValue)
	switch {
	case c.DimensionName == "" && c.DimensionValue == "": // some metrics have none
	case c.DimensionName == "":
		p.Add(&c.DimensionName, "is missing: %s has values, and each needs its name", value)
	case c.DimensionValue == "":
		p.Add(&c.DimensionValue, "is missing: %s has names, and each needs its value", name)
	default:
		names, values := split(c.DimensionName), split(c.DimensionValue)
		if len(names) != len(values) {
			p.Add(&c.DimensionValue, "has %d values, but %s has %d names: each name needs its value", len(values), name, len(names))
		}
		if slices.Contains(names, "") {
			p.Add(&c.DimensionName, "has an empty name")
		}
		if slices.Contains(values, "") {
			p.Add(&c.DimensionValue, "has an empty value")
		}
	}
	if units := types.StandardUnit("").Values(); c.MetricUnit != "" && !slices.Contains(units, types.StandardUnit(c.MetricUnit)) {
		p.Add(&c.MetricUnit, "%q is not one of %s", c.MetricUnit, join(units))
	}
}

// split returns the elements of a list such as dimensionName.
func split(list string) []string {
	elements := strings.Split(list, ";")
	for i, e := range elements {
		elements[i] = strings.TrimSpace(e)
	}
	return elements
}

func join(units []types.StandardUnit) string {
	text := make([]string, len(units))
	for i, u := range units {
		text[i] = string(u)
	}
	return strings.Join(text, ", ")
}

// question returns what to ask CloudWatch.
func (c *Config) question() question {
	q := question{query{period: c.MetricStatPeriod, account: c.AccountID}, c.MetricCollectionTime, c.MetricEndTimeOffset}
	if c.Expression != "" {
		q.expression = c.Expression
		return q
	}
	q.namespace, q.metric = c.Namespace, c.MetricName
	q.names, q.values = c.DimensionName, c.DimensionValue
	q.stat, q.unit = c.MetricStat, c.MetricUnit
	return q
}
