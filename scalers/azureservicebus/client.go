package azureservicebus

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure"
)

const (
	connections = 2        // to a namespace, and so requests at a time
	pageSize    = 100      // entries in an answer; the service gives no more
	maxBody     = 16 << 20 // bytes of an answer
	apiVersion  = "2021-05"
)

// A client asks a namespace's management API, of which it needs two questions.
//
// It is not the one of Azure's SDK because that takes a count which the answer
// leaves out for 0, and a list of something that does not exist for an empty
// one; it panics over half an answer about a subscription; and where one entry
// of a list is incomplete, it refuses the whole.
type client struct {
	http    azure.HTTP
	base    string // URL
	auth    authorizer
	refused atomic.Bool // the token

	mu   sync.Mutex
	cost map[string]int // requests that it takes to read a list, as far as is known
	next map[string]*listing
	last map[string]chan struct{} // when the latest listing is done
}

// open returns a client. It does no I/O.
func open(a azure.Access, options scalerkit.Options) (*client, error) {
	c := &client{
		http: azure.NewHTTP(options, connections),
		base: "https://" + a.Host + "/",
		cost: make(map[string]int),
		next: make(map[string]*listing),
		last: make(map[string]chan struct{}),
	}
	if a.Emulator {
		c.base = "http://" + a.Host + "/"
	}
	var err error
	c.auth, err = newAuthorizer(a, c.http)
	return c, err
}

// Close ends the connections.
func (c *client) Close() error { return c.http.Close() }

// IsClosed reports whether the service refused the token, which lasts an hour
// otherwise. To scalerkit.Share this means that it is time for a new client.
func (c *client) IsClosed() bool { return c.refused.Load() }

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
	address := c.base + (&url.URL{Path: path}).EscapedPath() + "?" + query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, errors.New("the names make no URL")
	}
	credential, err := c.auth.authorize(ctx, address)
	if err != nil {
		return nil, azure.Explain(err)
	}
	request.Header.Set("Authorization", credential)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, azure.Explain(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case response.StatusCode != http.StatusOK:
		err := azure.Refusal(response, detail(body, c.auth.secrets(credential)))
		if azure.IsUnauthorized(err) && c.auth.renews() {
			c.refused.Store(true)
		}
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("no answer: %w", err)
	case len(body) > maxBody:
		return nil, fmt.Errorf("the answer has more than %d bytes", maxBody)
	}
	return parse(body)
}

// detail returns the reason that an answer without success gives, without what
// it repeats of the request.
func detail(body []byte, secrets []string) string {
	var answer struct {
		Detail string `xml:"Detail"`
	}
	if xml.Unmarshal(body, &answer) != nil {
		return "" // the status says enough
	}
	reason, _, _ := strings.Cut(answer.Detail, "TrackingId:")
	for _, secret := range secrets {
		if secret != "" {
			reason = strings.ReplaceAll(reason, secret, "[redacted]")
		}
	}
	const most = 200
	if reason = strings.Join(strings.Fields(reason), " "); len(reason) > most {
		reason = strings.ToValidUTF8(reason[:most], "") + " …"
	}
	return strings.TrimSuffix(reason, ".")
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
