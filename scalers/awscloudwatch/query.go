package awscloudwatch

import (
	"fmt"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// A query is what one trigger asks of CloudWatch.
type query struct {
	namespace, metric string
	names, values     string // of dimensions, as in Config: a query is comparable
	stat, unit        string

	expression string // in place of the above
	account    string
	period     int32 // in seconds
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

// A question is a query about a window that moves with the time.
type question struct {
	query
	length int32 // of the window, in seconds
	offset int32 // how long ago it ends, in seconds
}

// at returns the window at one moment. It ends with a whole period, so that all
// questions with equal times are about the same window.
func (q question) at(now time.Time) window {
	end := now.Add(-time.Duration(q.offset) * time.Second).Truncate(time.Duration(q.period) * time.Second).Unix()
	return window{end - int64(q.length), end}
}

// A window is a time to ask about, in seconds since 1970.
type window struct{ start, end int64 }

// A point is a data point, or none.
type point struct {
	value float64
	at    time.Time // the beginning of its period; zero if there is no data point
}
