package awscloudwatch

import (
	"fmt"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// A query is what one trigger asks of CloudWatch. It is comparable: equal
// queries about the same window have equal answers.
type query struct {
	namespace, metric string
	names, values     string // of dimensions, as in Config
	stat, unit        string

	expression string // in place of the above
	account    string
	period     int32
}

// data returns the query as the SDK has it.
func (q query) data(id string) types.MetricDataQuery {
	data := types.MetricDataQuery{Id: &id, ReturnData: sdk.Bool(true)}
	if q.account != "" {
		data.AccountId = &q.account
	}
	if q.expression != "" {
		data.Expression, data.Period = &q.expression, &q.period
		return data
	}
	var dimensions []types.Dimension
	if q.names != "" {
		names, values := split(q.names), split(q.values)
		for i := range names {
			dimensions = append(dimensions, types.Dimension{Name: &names[i], Value: &values[i]})
		}
	}
	data.MetricStat = &types.MetricStat{
		Metric: &types.Metric{Namespace: &q.namespace, MetricName: &q.metric, Dimensions: dimensions},
		Period: &q.period,
		Stat:   &q.stat,
		Unit:   types.StandardUnit(q.unit),
	}
	return data
}

// isBatchable reports whether the query may share a call with others. An
// expression may not: it could refer to them, and of Metrics Insights queries
// there can be only one in a call.
func (q query) isBatchable() bool { return q.expression == "" }

// String says what is read, for errors.
func (q query) String() string {
	if q.expression != "" {
		return fmt.Sprintf("expression %q", q.expression)
	}
	return fmt.Sprintf("metric %q of %s", q.metric, q.namespace)
}

// A view is the time that a trigger looks at, seen from any moment.
type view struct{ period, length, offset time.Duration }

// at returns the window that is in view at one moment. It ends with a whole
// period, so that all triggers with equal views look at the same window.
func (v view) at(now time.Time) window {
	end := now.Add(-v.offset).Truncate(v.period)
	return window{start: end.Add(-v.length).Unix(), end: end.Unix()}
}

// A window is a time to ask about, in seconds since 1970. It is comparable.
type window struct{ start, end int64 }

// A question is a query about a window.
type question struct {
	query
	window
}

// An answer is the newest data point, if there is one.
type answer struct {
	value float64
	at    time.Time // the beginning of its period; zero if there is no data point
	err   error
}
