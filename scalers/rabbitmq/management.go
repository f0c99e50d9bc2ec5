package rabbitmq

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"sync/atomic"

	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/internal/httpx"
)

const (
	requests    = 2   // under way at a time
	largestPage = 500 // queues; the server allows no more
	maxFailures = 3   // requests without an answer, after which a batch asks nothing more

	// pageCost is how many requests for one queue cost the server and us as
	// much as one for a page of the listing does.
	pageCost = 20
)

// A management is the HTTP API of the management plugin.
type management struct {
	http *httpx.Client
	base string // URL in front of the virtual host
}

func newManagement(e endpoint, client *httpx.Client) *management {
	return &management{http: client, base: e.scheme + "://" + e.address + e.path + "/api/queues/"}
}

// Close gives the connections back.
func (m *management) Close() error { return m.http.Close() }

// ask asks the same only once, and for many queues of a virtual host by
// listing them.
func (m *management) ask(ctx context.Context, questions []question) []answer {
	place := make(map[question]int, len(questions)) // in unique and answers
	byVhost := make(map[string]map[string]int)      // to the places of single queues
	var unique []question
	for _, q := range questions {
		if _, seen := place[q]; seen {
			continue
		}
		place[q] = len(unique)
		if !q.regex {
			if byVhost[q.vhost] == nil {
				byVhost[q.vhost] = make(map[string]int)
			}
			byVhost[q.vhost][q.name] = len(unique)
		}
		unique = append(unique, q)
	}
	answers := make([]answer, len(unique))
	for vhost, names := range byVhost {
		if len(names) > pageCost {
			m.lookUp(ctx, vhost, names, answers)
		}
	}
	m.askEach(ctx, unique, answers)

	all := make([]answer, len(questions))
	for i, q := range questions {
		all[i] = answers[place[q]]
	}
	return all
}

// askEach asks all that is not answered yet, each on its own, and gives up
// when the server seems to be gone.
func (m *management) askEach(ctx context.Context, questions []question, answers []answer) {
	var failures atomic.Int64
	var last atomic.Value
	each.Do(len(questions), requests, func(i int) {
		if answers[i].isKnown() {
			return
		}
		if failures.Load() >= maxFailures {
			answers[i].err = last.Load().(answer).err
			return
		}
		answers[i] = m.answer(ctx, questions[i])
		if errors.Is(answers[i].err, httpx.ErrNoAnswer) {
			last.Store(answers[i])
			failures.Add(1)
		}
	})
}

func (m *management) answer(ctx context.Context, q question) answer {
	if q.regex {
		queues, err := m.list(ctx, q)
		return answer{queues, err}
	}
	var one queue
	address := m.base + url.PathEscape(q.vhost) + "/" + url.PathEscape(q.name) + "?columns=" + columns
	if err := m.http.GetJSON(ctx, address, &one); err != nil {
		return answer{err: err}
	}
	return answer{queues: []queue{one}}
}

// list returns all queues that match a regular expression.
func (m *management) list(ctx context.Context, q question) ([]queue, error) {
	all := []queue{} // not nil: there may be none, and that is an answer
	seen := make(map[string]bool)
	for number, count := 1, 0; ; number++ {
		p, err := m.page(ctx, q.vhost, number, url.Values{
			"page_size": {strconv.Itoa(q.pageSize)},
			"use_regex": {"true"},
			"name":      {q.name},
		})
		if err != nil {
			return nil, err
		}
		if number == 1 {
			count = *p.FilteredCount
		}
		for _, found := range p.Items {
			if !seen[found.Name] {
				seen[found.Name] = true
				all = append(all, found)
			}
		}
		isLast := number >= *p.PageCount
		if *p.FilteredCount != count || isLast && len(all) != count {
			return nil, errors.New("the list of queues changed while it was read page by page")
		}
		if isLast {
			return all, nil
		}
	}
}

// lookUp finds queues in the listing of their virtual host, as long as that is
// worth it, and puts them at their places in answers. What is not found, in
// part because the listing changes from page to page, is left to be asked for
// on its own.
func (m *management) lookUp(ctx context.Context, vhost string, names map[string]int, answers []answer) {
	missing := len(names)
	for number := 1; ; number++ {
		p, err := m.page(ctx, vhost, number, url.Values{"page_size": {strconv.Itoa(largestPage)}})
		if errors.Is(err, httpx.ErrNoAnswer) {
			return // there may be more queues than it can list in time
		}
		for _, i := range names {
			if err != nil && !answers[i].isKnown() {
				answers[i].err = err
			}
		}
		if err != nil {
			return
		}
		for _, found := range p.Items {
			if i, ok := names[found.Name]; ok && !answers[i].isKnown() {
				answers[i].queues = []queue{found}
				missing--
			}
		}
		if left := *p.PageCount - number; left <= 0 || missing <= left*pageCost {
			return
		}
	}
}

// A page is a part of a listing.
type page struct {
	PageCount     *int    `json:"page_count"`
	FilteredCount *int    `json:"filtered_count"`
	Items         []queue `json:"items"`
}

func (m *management) page(ctx context.Context, vhost string, number int, query url.Values) (page, error) {
	query.Set("page", strconv.Itoa(number))
	query.Set("columns", columns)
	var p page
	if err := m.http.GetJSON(ctx, m.base+url.PathEscape(vhost)+"?"+query.Encode(), &p); err != nil {
		return page{}, err
	}
	if p.PageCount == nil || p.FilteredCount == nil {
		return page{}, errors.New("the server does not list queues page by page")
	}
	return p, nil
}
