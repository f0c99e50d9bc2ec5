package azureservicebus

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/azure"
)

const (
	connections = 2   // to a namespace, and so requests at a time
	pageSize    = 100 // entries in an answer; the service gives no more
	apiVersion  = "2021-05"
)

// A client asks a namespace's management API, of which it needs two questions.
//
// It is not the one of Azure's SDK: the package's documentation says why.
type client struct {
	*httpsource.Client
	access azure.Access
	base   string // URL

	mu   sync.Mutex
	cost map[string]int // requests that it takes to read a list, as far as is known
	next map[string]*listing
	last map[string]chan struct{} // when the latest listing is done
}

// open returns a client. It does no I/O.
func open(a azure.Access, options scalerkit.Options) (*client, error) {
	c := &client{
		access: a,
		base:   "https://" + a.Host + "/",
		cost:   make(map[string]int),
		next:   make(map[string]*listing),
		last:   make(map[string]chan struct{}),
	}
	if a.Emulator {
		c.base = "http://" + a.Host + "/"
	}
	settings := httpsource.Settings{Connections: connections, Classify: classify}
	if a.Principal.IsSet() {
		settings.Identity = func() httpsource.Authenticator { return newBearer(a.Principal, options) }
	}
	var err error
	c.Client, err = httpsource.New(settings, options)
	return c, err
}

// get reads one queue or subscription.
func (c *client) get(ctx context.Context, path string) entity {
	d, err := c.ask(ctx, path)
	switch {
	case err != nil:
		return entity{err: err}
	case d.isNothing():
		return entity{err: scalerkit.ErrNotFound}
	case d.XMLName.Local != "entry":
		return entity{err: errors.New("the answer is a list")}
	}
	return d.Content.entity(d.Title)
}

// list reads a list up to its end, or until enough says so, and returns how
// many requests it took. It counts on nothing to be in order: what comes and
// goes meanwhile may be passed over.
func (c *client) list(ctx context.Context, path string, enough func(page []entity) bool) (requests int, err error) {
	for seen := 0; ; {
		d, err := c.ask(ctx, path, "$top", strconv.Itoa(pageSize), "$skip", strconv.Itoa(seen))
		requests++
		switch {
		case err != nil:
			return requests, err
		case d.isNothing() && !strings.HasPrefix(path, "$"):
			return requests, fmt.Errorf("%w: there is no such topic", scalerkit.ErrNotFound)
		case d.XMLName.Local != "feed":
			return requests, errors.New("the answer is no list")
		}
		page := make([]entity, len(d.Entries))
		for i, e := range d.Entries {
			page[i] = e.Content.entity(e.Title)
		}
		seen += len(page)
		if enough(page) || len(page) == 0 || !d.hasNext() {
			return requests, nil
		}
	}
}

// ask sends one request, with names and values of parameters.
func (c *client) ask(ctx context.Context, path string, params ...string) (*document, error) {
	query := url.Values{"api-version": {apiVersion}}
	for i := 0; i < len(params); i += 2 {
		query.Set(params[i], params[i+1])
	}
	request := httpsource.Request{URL: c.base + (&url.URL{Path: path}).EscapedPath() + "?" + query.Encode()}
	if !c.access.Principal.IsSet() {
		request = signed(request, c.access.Namespace)
	}
	response, err := c.Do(ctx, request)
	if err != nil {
		return nil, err
	}
	return parse(response.Body)
}

// classify finds the reason that an answer without success gives.
func classify(status int, header http.Header, body []byte) error {
	var answer struct {
		Detail string `xml:"Detail"`
	}
	_ = xml.Unmarshal(body, &answer) // the status says enough if it is no XML
	reason, _, _ := strings.Cut(answer.Detail, "TrackingId:")
	return azure.Refusal(status, header, strings.TrimSuffix(strings.TrimSpace(reason), "."))
}

// worthListing reports whether a list is likely to take fewer requests than
// reading n of its entries one by one.
func (c *client) worthListing(path string, n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(1, c.cost[path]) < n
}

// listed takes note of how many requests a list took.
func (c *client) listed(path string, requests int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cost[path] = requests
}

// never is the cost of a list that may not be read.
const never = math.MaxInt
