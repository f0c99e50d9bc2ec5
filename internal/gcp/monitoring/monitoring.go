// Package monitoring reads time series of Google's Cloud Monitoring, for the
// drivers of services that tell their levels there.
//
// The questions of a round that differ only in the resource that they are about,
// such as a subscription, are one list of time series, and each has its own of
// them. As a rule of the service, a value is minutes old: the time of a reading
// is that of the point which it is made of.
package monitoring

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/gcp"
)

const (
	host  = "monitoring.googleapis.com"
	scope = "https://www.googleapis.com/auth/monitoring.read"

	// connections is how many lists of one identity are read side by side at most.
	connections = 16
)

// A List says which time series to read, and how the service prepares them.
type List struct {
	Project string        // its id or number; empty: that of who asks
	Filter  string        // of the time series
	Window  time.Duration // before now, in which points count

	// Period, if it is not 0, is that of points which the service makes of others
	// by an Aligner and a Reducer, such as ALIGN_MEAN and REDUCE_SUM.
	Period           time.Duration
	Aligner, Reducer string

	// Label, if it is not empty, is the label of resources by which a Question has
	// its own time series, such as "subscription_id". The Project then has those
	// resources: others that its metrics scope shows do not count.
	Label string
}

// A Question is for the time series of one trigger.
type Question struct {
	Name string // what errors call it
	ID   string // what the Label is; empty if there is no Label
	List
}

// String says what is read, for errors.
func (q Question) String() string { return q.Name }

// A Plan is what one Scaler wants of Cloud Monitoring.
type Plan struct {
	Metric      scalerkit.Metric
	Question    Question
	Aggregation Aggregation
	ValueIfNull *float64 // of a reading without points, if that is no error
}

// New returns a Scaler. It does no I/O.
func New(access gcp.Access, o scalerkit.Options, plan Plan) scalerkit.Scaler {
	return source.New(o, driver.Plan[*client, Question, []Series]{
		Metric:   plan.Metric,
		Question: plan.Question,
		Key:      access,
		Open: func(context.Context) (*client, error) {
			c, err := access.Open(scope, connections, o)
			return &client{c, access.URL(host)}, err
		},
		Read: plan.read,
	})
}

var source = driver.Source[*client, Question, []Series]{Name: "Cloud Monitoring", Ask: ask}

type client struct {
	*gcp.Client
	url string
}

// ask reads each list once, and gives the questions their time series.
func ask(ctx context.Context, c *client, questions []Question) ([]driver.Answer[[]Series], error) {
	ids := make(map[List][]string)
	var lists []List
	for _, q := range questions {
		if _, known := ids[q.List]; !known {
			lists = append(lists, q.List)
		}
		ids[q.List] = append(ids[q.List], q.ID)
	}
	read := httpsource.Each(ctx, c.Client.Client, lists, func(ctx context.Context, _ *httpsource.Client, l List) (map[string][]Series, error) {
		return c.list(ctx, l, ids[l])
	})
	byList := make(map[List]driver.Answer[map[string][]Series], len(lists))
	for i, l := range lists {
		byList[l] = read[i]
	}
	answers := make([]driver.Answer[[]Series], len(questions))
	for i, q := range questions {
		a := byList[q.List]
		answers[i] = driver.Answer[[]Series]{Value: a.Value[q.ID], Err: a.Err}
	}
	return answers, nil
}

// list returns the time series of a list, by what the label is.
func (c *client) list(ctx context.Context, l List, ids []string) (map[string][]Series, error) {
	if l.Project == "" {
		var err error
		if l.Project, err = c.Project(ctx); err != nil {
			return nil, err
		}
	}
	parameters := l.parameters(time.Now(), ids)
	address := c.url + "/v3/projects/" + url.PathEscape(l.Project) + "/timeSeries?"
	found := make(map[string][]Series)
	for {
		var page struct {
			TimeSeries      []Series
			NextPageToken   string
			ExecutionErrors []struct{ Message string }
		}
		if err := c.GetJSON(ctx, address+parameters.Encode(), &page); err != nil {
			return nil, err
		}
		if len(page.ExecutionErrors) > 0 {
			return nil, errors.New(c.Excerpt("the answer is not whole: " + page.ExecutionErrors[0].Message))
		}
		for _, s := range page.TimeSeries {
			id := s.Resource.Labels[l.Label]
			found[id] = append(found[id], s)
		}
		if page.NextPageToken == "" {
			return found, nil
		}
		parameters.Set("pageToken", page.NextPageToken)
	}
}

func (l *List) parameters(now time.Time, ids []string) url.Values {
	p := url.Values{
		"filter":             {l.filter(ids)},
		"interval.startTime": {now.Add(-l.Window).UTC().Format(time.RFC3339)},
		"interval.endTime":   {now.UTC().Format(time.RFC3339)},
	}
	if l.Period > 0 {
		p.Set("aggregation.alignmentPeriod", fmt.Sprintf("%ds", int(l.Period.Seconds())))
		p.Set("aggregation.perSeriesAligner", l.Aligner)
		p.Set("aggregation.crossSeriesReducer", l.Reducer)
	}
	return p
}

// What a filter can name one by one. Beyond that, the list is of the whole
// project: a URL is not to be too long for anything on its way.
const (
	mostNamed = 100 // which is the service's limit as well
	longest   = 2000
)

// filter returns the whole filter.
func (l *List) filter(ids []string) string {
	if l.Label == "" {
		return l.Filter
	}
	filter := InProject(l.Filter, l.Project)
	named := make([]string, len(ids))
	for i, id := range ids {
		named[i] = strconv.Quote(id)
	}
	list := strings.Join(named, ",")
	switch label := " AND resource.labels." + l.Label + " = "; {
	case len(ids) == 1:
		filter += label + list
	case len(ids) <= mostNamed && len(list) <= longest:
		filter += label + "one_of(" + list + ")"
	}
	return filter
}

// InProject returns a filter for what is of a project only, and not for what its
// metrics scope shows of others. Resources have the id of their project, so that
// nothing is added to a filter for a project that goes by its number.
func InProject(filter, project string) string {
	if strings.Trim(project, "0123456789") == "" {
		return filter
	}
	return filter + " AND resource.labels.project_id = " + strconv.Quote(project)
}

// Minutes returns the Window of KEDA's filterDuration.
func Minutes(n int64) time.Duration {
	if n <= 0 {
		n = 2
	}
	return time.Duration(n) * time.Minute
}
