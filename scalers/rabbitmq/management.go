package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/each"
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
	http *httpsource.Client
	base string // URL in front of the virtual host
}

// Close gives the connections back.
func (m *management) Close() error { return m.http.Close() }

// ask implements server. It asks for many queues of a virtual host by listing
// them, and for what is left one by one, until the server seems to be gone.
func (m *management) ask(ctx context.Context, questions []question) []answer {
	byVhost := make(map[string]map[string]int) // to the places of single queues
	for i, q := range questions {
		if q.regex {
			continue
		}
		if byVhost[q.vhost] == nil {
			byVhost[q.vhost] = make(map[string]int)
		}
		byVhost[q.vhost][q.name] = i
	}
	answers := make([]answer, len(questions))
	for vhost, names := range byVhost {
		if len(names) > pageCost {
			m.lookUp(ctx, vhost, names, answers)
		}
	}
	var failures atomic.Int64
	var last atomic.Pointer[error]
	each.Do(len(questions), requests, func(i int) {
		a := &answers[i]
		switch {
		case isKnown(*a):
		case failures.Load() >= maxFailures:
			a.Err = *last.Load()
		default:
			a.Value, a.Err = m.queues(ctx, questions[i])
			if errors.Is(a.Err, httpsource.ErrNoAnswer) {
				last.Store(&a.Err)
				failures.Add(1)
			}
		}
	})
	return answers
}

func isKnown(a answer) bool { return a.Value != nil || a.Err != nil }

// queues returns the queue that a question is about, or all that match.
func (m *management) queues(ctx context.Context, q question) ([]queue, error) {
	if q.regex {
		queues, err := m.list(ctx, q)
		if err != nil && strings.Contains(err.Error(), "Pagination parameters are invalid") {
			// The server means the pattern, since the others are in order.
			err = fmt.Errorf("the regular expression in queueName is none to the server: %w", err)
		}
		return queues, err
	}
	one := make([]queue, 1)
	return one, m.http.GetJSON(ctx, m.base+url.PathEscape(q.vhost)+"/"+url.PathEscape(q.name)+"?columns="+columns, &one[0])
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
		if errors.Is(err, httpsource.ErrNoAnswer) {
			return // there may be more queues than it can list in time
		}
		for _, i := range names {
			if err != nil && !isKnown(answers[i]) {
				answers[i].Err = err
			}
		}
		if err != nil {
			return
		}
		for _, found := range p.Items {
			if i, ok := names[found.Name]; ok && !isKnown(answers[i]) {
				answers[i].Value = []queue{found}
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
