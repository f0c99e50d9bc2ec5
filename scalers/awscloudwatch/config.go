package awscloudwatch

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/scalerkit/scalerkit"
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

	TargetMetricValue           float64 `scaler:"targetMetricValue,required" above:"0" doc:"target: value per replica"`
	ActivationTargetMetricValue float64 `scaler:"activationTargetMetricValue" doc:"the trigger is active above this value"`

	MinMetricValue   *float64 `scaler:"minMetricValue,required" doc:"value to take where there is no data point, unless ignoreNullValues is false"`
	IgnoreNullValues *bool    `scaler:"ignoreNullValues" default:"true" doc:"false: that there is no data point is an error"`

	MetricStat           string `scaler:"metricStat" default:"Average" doc:"statistic, such as Average, Sum, Maximum, SampleCount or p99"`
	MetricUnit           string `scaler:"metricUnit" doc:"unit of the data points to read, such as Count; all if there is none"`
	MetricStatPeriod     int32  `scaler:"metricStatPeriod" default:"300" min:"1" doc:"seconds in a data point: 1, 5, 10, 30 or a multiple of 60"`
	MetricCollectionTime int32  `scaler:"metricCollectionTime" default:"300" min:"1" doc:"seconds to look back for data points; a multiple of metricStatPeriod"`
	MetricEndTimeOffset  int32  `scaler:"metricEndTimeOffset" doc:"seconds ago to look back from, so that late data have arrived; may be negative"`
	MetricType           scalerkit.TargetKind
}

// Validate checks that there is something to read, and when.
func (c *Config) Validate() error {
	var problems []error
	report := func(key, format string, args ...any) {
		problems = append(problems, scalerkit.Problem(key, format, args...))
	}
	if c.Expression == "" {
		c.validateMetric(report)
	}
	switch p := c.MetricStatPeriod; {
	case p != 1 && p != 5 && p != 10 && p != 30 && p%60 != 0:
		report("metricStatPeriod", "%d is not 1, 5, 10, 30 or a multiple of 60", p)
	case p > 0 && c.MetricCollectionTime%p != 0:
		report("metricCollectionTime", "%d is not a multiple of metricStatPeriod, which is %d", c.MetricCollectionTime, p)
	}
	return errors.Join(problems...)
}

func (c *Config) validateMetric(report func(key, format string, args ...any)) {
	for _, p := range []struct{ key, value string }{{"namespace", c.Namespace}, {"metricName", c.MetricName}} {
		if p.value == "" {
			report(p.key, "is missing: a metric takes namespace and metricName, and its dimensions in dimensionName and dimensionValue, if it has any; or give an expression")
		}
	}
	switch {
	case c.DimensionName == "" && c.DimensionValue == "": // some metrics have none
	case c.DimensionName == "":
		report("dimensionName", "is missing: dimensionValue has values, and each needs its name")
	case c.DimensionValue == "":
		report("dimensionValue", "is missing: dimensionName has names, and each needs its value")
	default:
		names, values := split(c.DimensionName), split(c.DimensionValue)
		if len(names) != len(values) {
			report("dimensionValue", "has %d values, but dimensionName has %d names: each name needs its value", len(values), len(names))
		}
		if slices.Contains(names, "") {
			report("dimensionName", "has an empty name")
		}
		if slices.Contains(values, "") {
			report("dimensionValue", "has an empty value")
		}
	}
	if units := types.StandardUnit("").Values(); c.MetricUnit != "" && !slices.Contains(units, types.StandardUnit(c.MetricUnit)) {
		report("metricUnit", "%q is not one of %s", c.MetricUnit, join(units))
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

// query returns what to ask CloudWatch.
func (c *Config) query() query {
	q := query{period: c.MetricStatPeriod, account: c.AccountID}
	if c.Expression != "" {
		q.expression = c.Expression
		return q
	}
	q.namespace, q.metric = c.Namespace, c.MetricName
	q.names, q.values = c.DimensionName, c.DimensionValue
	q.stat, q.unit = c.MetricStat, c.MetricUnit
	return q
}

// view returns the time to look at.
func (c *Config) view() view {
	return view{
		period: time.Duration(c.MetricStatPeriod) * time.Second,
		length: time.Duration(c.MetricCollectionTime) * time.Second,
		offset: time.Duration(c.MetricEndTimeOffset) * time.Second,
	}
}
