package rabbitmq_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

const columns = "?columns=name,state,messages,messages_ready,message_stats.publish,message_stats.publish_details.rate,message_stats.deliver_get,message_stats.deliver_get_details.rate"

func TestManagementURLs(t *testing.T) {
	for name, c := range map[string]struct {
		path     string
		metadata values
		want     string
	}{
		"no path":                               {"", nil, "/api/queues/%2F/orders"},
		"the default vhost":                     {"/", nil, "/api/queues/%2F/orders"},
		"the default vhost, escaped":            {"/%2F", nil, "/api/queues/%2F/orders"},
		"a vhost":                               {"/shop", nil, "/api/queues/shop/orders"},
		"an escaped vhost":                      {"/a%20b%2Fc", nil, "/api/queues/a%20b%2Fc/orders"},
		"a path and a vhost":                    {"/rabbit%20mq/api/shop", nil, "/rabbit%20mq/api/api/queues/shop/orders"},
		"a path and no vhost":                   {"/rabbitmq/", nil, "/rabbitmq/api/queues/%2F/orders"},
		"the default vhost, one more slash":     {"//", nil, "/api/queues/%2F/orders"},
		"the default vhost, two more slashes":   {"///", nil, "/api/queues/%2F/orders"},
		"a path and the default vhost":          {"/sub1//", nil, "/sub1/api/queues/%2F/orders"},
		"a long path and the default vhost":     {"/sub1/sub2//", nil, "/sub1/sub2/api/queues/%2F/orders"},
		"a path and the default vhost, escaped": {"/sub1//%2F", nil, "/sub1/api/queues/%2F/orders"},
		"slashes too many in front of the path": {"//sub1/shop", nil, "/sub1/api/queues/shop/orders"},
		"slashes too many, and another vhost":   {"//", values{"vhostName": "shop"}, "/api/queues/shop/orders"},
		"another vhost":                         {"/rabbitmq/shop", values{"vhostName": "a b/c"}, "/rabbitmq/api/queues/a%20b%2Fc/orders"},
		"a queue with blanks":                   {"", values{"queueName": "a b+c"}, "/api/queues/%2F/a%20b+c"},
		"a queue with anything in it":           {"", values{"queueName": "a/b%c?d#é"}, "/api/queues/%2F/a%2Fb%25c%3Fd%23%C3%A9"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			_, _ = read(opened(t, scalerkit.Options{}, values{"host": "http://" + f.serveHTTP(t, nil) + c.path}.with(c.metadata), login))
			require.Equal(t, []string{c.want + columns}, f.requests())
		})
	}
}

// A server that is asked for the default virtual host has it, however many
// slashes name it. It would answer 400 to a path with an empty segment.
func TestManagementURLsOnServer(t *testing.T) {
	host := serverURL(t, "SCALERKIT_TEST_RABBITMQ_HTTP")
	for _, path := range []string{"", "/", "//", "///", "//%2F"} {
		_, err := read(opened(t, scalerkit.Options{}, values{"host": "http://" + host.Host + path, "queueName": "nothing"}, login))
		require.EqualError(t, err, `read queue "nothing": GET http://`+host.Host+`/api/queues/%2F/nothing: not found: 404 Not Found: {"error":"Object Not Found","reason":"Not Found"}`)
	}
}

func TestManagementErrors(t *testing.T) {
	f := newFake()
	address := f.serveHTTP(t, nil)
	host := "http://" + address
	for name, c := range map[string]struct {
		metadata, auth values
		is             error
		want           string
	}{
		"no such queue": {nil, login, scalerkit.ErrNotFound,
			`read queue "orders": GET ` + host + `/api/queues/%2F/orders: not found: 404 Not Found: {"error":"Object Not Found","reason":"Not Found"}`},
		"no such vhost": {values{"vhostName": "nowhere", "useRegex": "true"}, login, scalerkit.ErrNotFound,
			`read queues that match "orders": GET ` + host + `/api/queues/nowhere: not found: 404 Not Found: {"error":"Object Not Found","reason":"Not Found"}`},
		"wrong password, in host": {values{"host": "http://u:hunter2@" + address}, nil, scalerkit.ErrDenied,
			`read queue "orders": GET ` + host + `/api/queues/%2F/orders: access denied: 401 Unauthorized: {"error":"not_authorized","reason":"Login failed"}`},
		"no credentials": {nil, nil, scalerkit.ErrDenied,
			`read queue "orders": GET ` + host + `/api/queues/%2F/orders: access denied: 401 Unauthorized: {"error":"not_authorized","reason":"Login failed"}`},
		"wrong regular expression": {values{"queueName": "[z-a]", "useRegex": "true"}, login, nil,
			`read queues that match "[z-a]": the regular expression in queueName is none to the server: GET ` + host + `/api/queues/%2F: 400 Bad Request: {"error":"bad_request","reason":"Pagination parameters are invalid"}`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(opened(t, scalerkit.Options{}, values{"host": host}.with(c.metadata), c.auth))
			require.EqualError(t, err, c.want)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
		})
	}
}

// A Read of more queues than fit on a page is whole or an error.
func TestListingThatChangesIsAnError(t *testing.T) {
	f := newFake()
	for i := range 9 {
		f.set("/", fmt.Sprintf("orders-%d", i), stats{ready: 1})
	}
	var change atomic.Bool
	f.trouble = func(_ http.ResponseWriter, r *http.Request) bool {
		if change.Load() && r.URL.Query().Get("page") == "2" {
			f.mu.Lock()
			delete(f.vhosts["/"], "orders-0") // what is the first of page 2 moves to page 1
			f.mu.Unlock()
		}
		return false
	}
	s := opened(t, scalerkit.Options{}, values{"host": "http://" + f.serveHTTP(t, nil), "useRegex": "true", "pageSize": "4"}, login)
	requireValue(t, 9, s)
	change.Store(true)
	_, err := read(s)
	require.EqualError(t, err, `read queues that match "orders": the list of queues changed while it was read page by page`)
	requireValue(t, 8, s)
}

// batch opens triggers on the queues, in vhost "/" of f or in what more says,
// and returns what reading them together takes and gives.
func batch(t *testing.T, f *fake, host string, metadata []values) (requests []string, results []scalerkit.Result) {
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	scalers := make([]scalerkit.Scaler, len(metadata))
	for i, m := range metadata {
		scalers[i] = opened(t, options, values{"host": host}.with(m), login)
	}
	f.requests()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	results = scalerkit.ReadAll(ctx, scalers...)
	return f.requests(), results
}

// queues fills f with so many queues, the i-th with i messages, and returns
// triggers for the first n of them.
func queues(f *fake, total, n int) []values {
	triggers := make([]values, n)
	for i := range total {
		name := fmt.Sprintf("q%04d", i)
		f.set("/", name, stats{ready: i})
		if i < n {
			triggers[i] = values{"queueName": name}
		}
	}
	return triggers
}

func requireLevels(t *testing.T, results []scalerkit.Result) {
	t.Helper()
	for i, r := range results {
		require.NoError(t, r.Err)
		require.InDelta(t, i, r.Reading.Value, 0)
	}
}

func TestFewQueuesAreAskedForEach(t *testing.T) {
	f := newFake()
	triggers := queues(f, 20, 20)
	requests, results := batch(t, f, "http://"+f.serveHTTP(t, nil), triggers)
	requireLevels(t, results)
	require.Len(t, requests, 20)
}

func TestManyQueuesAreListed(t *testing.T) {
	f := newFake()
	triggers := queues(f, 1000, 1000)
	requests, results := batch(t, f, "http://"+f.serveHTTP(t, nil), triggers)
	requireLevels(t, results)
	require.Equal(t, []string{
		"/api/queues/%2F?columns=" + url.QueryEscape(columns[len("?columns="):]) + "&page=1&page_size=500",
		"/api/queues/%2F?columns=" + url.QueryEscape(columns[len("?columns="):]) + "&page=2&page_size=500",
	}, requests)
}

// Where a virtual host has far more queues than are wanted, its listing is not
// read to the end.
func TestFewQueuesOfManyAreAskedForEach(t *testing.T) {
	f := newFake()
	triggers := queues(f, 2000, 2000)
	wanted := []values{}
	for i := 0; i < 2000; i += 50 {
		wanted = append(wanted, triggers[i])
	}
	requests, results := batch(t, f, "http://"+f.serveHTTP(t, nil), wanted)
	for i, r := range results {
		require.NoError(t, r.Err)
		require.InDelta(t, i*50, r.Reading.Value, 0)
	}
	require.Len(t, requests, 1+30, "one page, and each of the 30 that are not on it")
}

func TestEqualQuestionsAreAskedOnce(t *testing.T) {
	f := newFake()
	f.set("/", "orders", stats{ready: 2, unacked: 3, published: 7})
	requests, results := batch(t, f, "http://"+f.serveHTTP(t, nil), []values{
		{}, {"excludeUnacknowledged": "true"}, {"mode": "MessageRate", "value": "1"},
		{"useRegex": "true"}, {"useRegex": "true", "operation": "max"}, {"vhostName": "shop"},
	})
	got := []float64{}
	for _, r := range results[:5] {
		require.NoError(t, r.Err)
		got = append(got, r.Reading.Value)
	}
	require.Equal(t, []float64{5, 2, 7, 5, 5}, got)
	require.ErrorIs(t, results[5].Err, scalerkit.ErrNotFound)
	require.Len(t, requests, 3)
}

// One failure in a batch that is listed is one failure too.
func TestQueuesThatAreNotListed(t *testing.T) {
	f := newFake()
	triggers := queues(f, 40, 40)
	f.set("/", "q0001", stats{isNew: true})
	triggers[2] = values{"queueName": "nothing"}
	requests, results := batch(t, f, "http://"+f.serveHTTP(t, nil), triggers)
	require.Len(t, requests, 2)
	require.ErrorContains(t, results[1].Err, "the server has no statistics yet")
	require.ErrorIs(t, results[2].Err, scalerkit.ErrNotFound)
	require.NoError(t, results[0].Err)
	requireLevels(t, append([]scalerkit.Result{results[0], {Reading: scalerkit.Reading{Value: 1}}, {Reading: scalerkit.Reading{Value: 2}}}, results[3:]...))
}

// A listing that the server cannot make in time does not keep it from being
// asked for each queue.
func TestListingWithoutAnswer(t *testing.T) {
	f := newFake()
	f.trouble = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Has("page") {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	requests, results := batch(t, f, "http://"+f.serveHTTP(t, nil), queues(f, 30, 30))
	requireLevels(t, results)
	listings := 0
	for _, r := range requests {
		if strings.Contains(r, "page=") {
			listings++
		}
	}
	require.Positive(t, listings)
}

// A listing that is refused is the answer to all.
func TestListingThatIsRefused(t *testing.T) {
	f := newFake()
	f.trouble = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}
	requests, results := batch(t, f, "http://"+f.serveHTTP(t, nil), queues(f, 30, 30))
	for _, r := range results {
		var throttled *scalerkit.ThrottledError
		require.ErrorAs(t, r.Err, &throttled)
		require.Equal(t, 7*time.Second, throttled.RetryAfter)
	}
	require.Len(t, requests, 1)
}

// A server that is gone is not asked for each queue.
func TestServerWithoutAnswer(t *testing.T) {
	f := newFake()
	release := make(chan struct{})
	f.trouble = func(http.ResponseWriter, *http.Request) bool {
		<-release
		return true
	}
	triggers := queues(f, 20, 20)
	for _, m := range triggers {
		m["timeout"] = "50"
	}
	host := "http://" + f.serveHTTP(t, nil)
	t.Cleanup(func() { close(release) })
	start := time.Now()
	requests, results := batch(t, f, host, triggers)
	require.Less(t, time.Since(start), 5*time.Second)
	require.LessOrEqual(t, len(requests), 4)
	for _, r := range results {
		require.ErrorIs(t, r.Err, context.DeadlineExceeded)
	}
}

func TestManagementOverTLS(t *testing.T) {
	authority := newCA(t)
	f := newFake()
	f.set("/", "orders", stats{ready: 4})
	host := "https://" + f.serveHTTP(t, authority.server())
	certs := authority.client(username)
	requireValue(t, 4, opened(t, scalerkit.Options{}, values{"host": host}, login.with(values{"ca": certs.CA})))
	requireValue(t, 4, opened(t, scalerkit.Options{}, values{"host": host, "unsafeSsl": "true"}, login))
	requireValue(t, 4, opened(t, scalerkit.Options{}, values{"host": host},
		login.with(values{"tls": "enable", "ca": certs.CA, "cert": certs.Cert, "key": certs.Key.Reveal()})))
	_, err := read(opened(t, scalerkit.Options{}, values{"host": host}, login))
	require.EqualError(t, err, `read queue "orders": GET `+host+`/api/queues/%2F/orders: no answer: tls: failed to verify certificate: x509: certificate signed by unknown authority`)
}

func TestManagementWithOAuth2(t *testing.T) {
	authority := newCA(t)
	f := newFake()
	f.set("/", "orders", stats{ready: 4})
	var asked []url.Values
	tokens := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.NoError(t, r.ParseForm())
		asked = append(asked, r.PostForm)
		answer(w, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": 3600})
	}))
	tokens.TLS = authority.server()
	tokens.StartTLS()
	t.Cleanup(tokens.Close)
	s := opened(t, scalerkit.Options{}, values{"host": "https://" + f.serveHTTP(t, authority.server()), "unsafeSsl": "true"}, values{
		"oauthTokenURI": tokens.URL + "/token", "clientID": "keda", "clientSecret": "hunter2",
		"scopes": "a, b", "endpointParams": "audience=rabbitmq&x=%26",
	})
	requireValue(t, 4, s)
	requireValue(t, 4, s)
	require.Equal(t, []url.Values{{"grant_type": {"client_credentials"}, "scope": {"a b"}, "audience": {"rabbitmq"}, "x": {"&"}}}, asked)
}

// Real servers take names apart in their own way.
func TestNamesOnServer(t *testing.T) {
	hosts := []string{serverURL(t, "SCALERKIT_TEST_RABBITMQ_AMQP").String(), serverURL(t, "SCALERKIT_TEST_RABBITMQ_HTTP").String()}
	channel := serverChannel(t)
	names := []string{"a b", "a+b", "a/b", "a%2Fb", "a%b", "a?b#c", "é.:(x)", "a&b=c"}
	for _, name := range names {
		require.NoError(t, fill(context.Background(), t, channel, name, 2))
	}
	for _, host := range hosts {
		for _, name := range names {
			s := opened(t, scalerkit.Options{}, values{"host": host, "queueName": name}, nil)
			requireValueSoon(t, 2, s)
		}
	}
	regex := opened(t, scalerkit.Options{}, values{"host": hosts[1], "queueName": `^a[ +&](b=c|b)$`, "useRegex": "true", "pageSize": "1"}, nil)
	requireValueSoon(t, 6, regex)
}

// requireValueSoon waits for the statistics of the server.
func requireValueSoon(tb testing.TB, want float64, s scalerkit.Scaler) {
	tb.Helper()
	require.Eventually(tb, func() bool {
		r, err := read(s)
		return err == nil && r.Value == want
	}, 20*time.Second, 100*time.Millisecond)
}

// The listing of a real server has what single queues have.
func TestListingOnServer(t *testing.T) {
	host := serverURL(t, "SCALERKIT_TEST_RABBITMQ_HTTP").String()
	channel := serverChannel(t)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	scalers := make([]scalerkit.Scaler, 30)
	for i := range scalers {
		name := fmt.Sprintf("listed %d", i)
		require.NoError(t, fill(context.Background(), t, channel, name, i%3))
		scalers[i] = opened(t, options, values{"host": host, "queueName": name}, nil)
	}
	for i, s := range scalers {
		requireValueSoon(t, float64(i%3), s)
	}
	scalers = slices.Insert(scalers, 3, opened(t, options, values{"host": host, "queueName": "nothing"}, nil))
	results := scalerkit.ReadAll(context.Background(), scalers...)
	require.ErrorIs(t, results[3].Err, scalerkit.ErrNotFound)
	for i, r := range slices.Delete(results, 3, 4) {
		require.NoError(t, r.Err)
		require.InDelta(t, i%3, r.Reading.Value, 0)
	}
}
