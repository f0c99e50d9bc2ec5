package promrange

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/promquery"
)

// A Series is what was measured of one thing, told apart from others by its Labels.
type Series struct {
	Labels map[string]string
	Points []Point // in the order of their times
}

// A Point is a value of a Series. It may be NaN or infinite.
type Point struct {
	Time  time.Time
	Value float64
}

// A Window is the times that are asked about: From, and each Step after it up to To.
type Window struct {
	From, To time.Time
	Step     time.Duration // at least a millisecond
}

// What a Window may have: Prometheus answers 11,000 points of a series at a time.
const (
	mostPoints = 11_000
	mostSteps  = 1_000_000
)

// A Server has the query API of Prometheus.
type Server struct {
	// URL is that of the server, to which /api/v1/query_range is added.
	URL string

	// Access says how to authenticate. Its Timeout, for each request, is 30 seconds if
	// it is 0.
	Access httpsource.Access

	// Header is sent besides, such as X-Scope-OrgID. What is in it does not get into an
	// error.
	Header http.Header
}

const defaultTimeout = 30 * time.Second

// Query returns the series that a query results in, asking as often as a window takes.
// Half an answer is an error. Errors contain no credential.
func (s Server) Query(ctx context.Context, query string, w Window) ([]Series, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	access := s.Access
	access.Timeout = cmp.Or(access.Timeout, defaultTimeout)
	client, err := httpsource.New(httpsource.Settings{Access: access}, scalerkit.Options{})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	var answers [][]Series
	for from := w.From; !from.After(w.To); from = from.Add(mostPoints * w.Step) {
		to := from.Add((mostPoints - 1) * w.Step)
		if to.After(w.To) {
			to = w.To
		}
		q := promquery.Query{
			Text: query, URL: strings.TrimSuffix(s.URL, "/") + "/api/v1/query_range",
			Parameters: url.Values{"start": {seconds(from)}, "end": {seconds(to)}, "step": {seconds(time.UnixMilli(w.Step.Milliseconds()))}}.Encode(),
			Header:     url.Values(s.Header).Encode(),
		}
		series, err := promquery.AskRange(ctx, client, q)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", q, err)
		}
		answers = append(answers, public(series))
	}
	return Join(answers...), nil
}

func (w Window) check() error {
	switch {
	case w.Step < time.Millisecond:
		return fmt.Errorf("a step of %v is less than a millisecond", w.Step)
	case w.To.Before(w.From):
		return fmt.Errorf("it would end at %s, before it begins at %s", w.To.Format(time.RFC3339), w.From.Format(time.RFC3339))
	case w.To.Sub(w.From)/w.Step > mostSteps:
		return fmt.Errorf("from %s to %s there are more than %d steps of %v", w.From.Format(time.RFC3339), w.To.Format(time.RFC3339), mostSteps, w.Step)
	}
	return nil
}

// seconds are those since 1970.
func seconds(at time.Time) string {
	return strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', -1, 64)
}

// Parse returns the series of an answer of /api/v1/query_range as it was saved.
func Parse(answer []byte) ([]Series, error) {
	series, err := promquery.ParseRange(answer)
	return public(series), err
}

func public(series []promquery.Series) []Series {
	all := make([]Series, len(series))
	for i, s := range series {
		all[i].Labels = s.Labels
		for _, p := range s.Points {
			all[i].Points = append(all[i].Points, Point(p))
		}
	}
	return all
}

// Join makes one answer of several: of parts of a time, or of several queries. Series
// with the same labels become one. Where they have the same time, the last one counts.
func Join(answers ...[]Series) []Series {
	all := make(map[string]map[int64]Point)
	labels := make(map[string]map[string]string)
	for _, s := range slices.Concat(answers...) {
		key := text(s.Labels)
		if all[key] == nil {
			all[key], labels[key] = make(map[int64]Point), s.Labels
		}
		for _, p := range s.Points {
			all[key][p.Time.UnixMilli()] = p
		}
	}
	var joined []Series
	for _, key := range slices.Sorted(maps.Keys(all)) {
		joined = append(joined, Series{labels[key], inOrder(all[key])})
	}
	return joined
}

func inOrder(points map[int64]Point) []Point {
	return slices.SortedFunc(maps.Values(points), func(a, b Point) int { return a.Time.Compare(b.Time) })
}

// text is how labels are told: as in a query.
func text(labels map[string]string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, fmt.Sprintf("%s=%q", name, labels[name]))
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}
