package httpsource_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "hunter2"

// serve starts a server and returns its URL.
func serve(t *testing.T, handler http.HandlerFunc) string {
	s := httptest.NewUnstartedServer(handler)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

// client returns a Client that lasts as long as the test.
func client(t *testing.T, access httpsource.Access, options scalerkit.Options) *httpsource.Client {
	c, err := httpsource.New(httpsource.Settings{Access: access}, options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestGetJSON(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		_ = json.NewEncoder(w).Encode([]string{r.RequestURI, user, password, r.Header.Get("Accept")})
	})
	var got []string
	c := client(t, httpsource.Access{Modes: []string{"basic"}, Username: "u", Password: scalerkit.NewSecret(secret)}, scalerkit.Options{})
	require.NoError(t, c.GetJSON(context.Background(), server+"/a%2Fb?c=d", &got))
	require.Equal(t, []string{"/a%2Fb?c=d", "u", secret, "application/json"}, got)

	c = client(t, httpsource.Access{}, scalerkit.Options{})
	require.NoError(t, c.GetJSON(context.Background(), server+"/", &got))
	require.Equal(t, []string{"/", "", "", "application/json"}, got)
}

func TestAnswersThatAreErrors(t *testing.T) {
	long := strings.Repeat("é", 5000)
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		is     error
		want   string
	}{
		"unauthorized": {status(401, "no"), scalerkit.ErrDenied, "access denied: 401 Unauthorized: no"},
		"forbidden":    {status(403, ""), scalerkit.ErrDenied, "access denied: 403 Forbidden"},
		"not found":    {status(404, " a \r\n\t b "), scalerkit.ErrNotFound, "not found: 404 Not Found: a b"},
		"failure":      {status(500, long), nil, "500 Internal Server Error: " + strings.Repeat("é", 98) + " …"},
		"unknown":      {status(599, "x"), nil, "599: x"},
		"unavailable":  {status(503, "x"), nil, "503 Service Unavailable: x"},
		"no content":   {status(204, ""), nil, "the answer is not the JSON that it should be: unexpected end of JSON input"},
		"credentials in the text": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			_, _ = fmt.Fprintf(w, "you said %s, which is u:%s", r.Header.Get("Authorization"), secret)
		}, nil, "400 Bad Request: you said Basic [redacted], which is u:[redacted]"},
		"throttled":          {retry(429, "7"), scalerkit.ErrThrottled, "throttled for 7s: 429 Too Many Requests"},
		"throttled for ever": {retry(429, "99999999999"), scalerkit.ErrThrottled, "throttled for 24h0m0s: 429 Too Many Requests"},
		"throttled vaguely":  {retry(429, "soon"), scalerkit.ErrThrottled, "throttled: 429 Too Many Requests"},
		"throttled until long ago": {retry(429, "Wed, 21 Oct 2015 07:28:00 GMT"), scalerkit.ErrThrottled,
			"throttled: 429 Too Many Requests"},
		"throttled until then": {retry(429, "Wed, 21 Oct 2999 07:28:00 GMT"), scalerkit.ErrThrottled,
			"throttled for 24h0m0s: 429 Too Many Requests"},
		"unavailable for a while": {retry(503, "60"), scalerkit.ErrThrottled, "throttled for 1m0s: 503 Service Unavailable"},
		"no JSON": {status(200, "<html>"), nil,
			"the answer is not the JSON that it should be: invalid character '<' looking for beginning of value"},
		"null": {status(200, " null\n"), nil, "the answer is not the JSON that it should be: it is null"},
		"other JSON": {status(200, `{"a":"b"}`), nil,
			"the answer is not the JSON that it should be: json: cannot unmarshal object into Go value of type []string"},
		"more than JSON": {status(200, `[] []`), nil,
			"the answer is not the JSON that it should be: invalid character '[' after top-level value"},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			for range 33 {
				_, _ = w.Write(make([]byte, 1<<20))
			}
		}, nil, "the answer has more than 33554432 bytes"},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "3")
			_, _ = io.WriteString(w, "[]")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, httpsource.ErrNoAnswer, "no answer: unexpected EOF"},
		"no answer": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			httpsource.ErrNoAnswer, "no answer: the server hung up without a word, as one does that expects TLS"},
		"a redirect to another host": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://u:"+secret+"@example.com/?token="+secret, http.StatusFound)
		}, httpsource.ErrNoAnswer, "no answer: it redirects to http://example.com, which is not followed"},
		"redirects without end": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, httpsource.ErrNoAnswer, "no answer: it redirects too often"},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, c.answer)
			withUser := strings.Replace(server, "http://", "http://u:"+secret+"@", 1)
			var got []string
			err := client(t, httpsource.Access{Modes: []string{"basic"}, Username: "u", Password: scalerkit.NewSecret(secret)}, scalerkit.Options{}).
				GetJSON(context.Background(), withUser+"/a%2Fb?token="+secret, &got)
			require.EqualError(t, err, "GET "+server+"/a%2Fb: "+c.want)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			for _, other := range []error{scalerkit.ErrDenied, scalerkit.ErrNotFound, scalerkit.ErrThrottled, httpsource.ErrNoAnswer} {
				require.Equal(t, errors.Is(c.is, other), errors.Is(err, other), other)
			}
		})
	}
}

func status(code int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, text)
	}
}

func retry(code int, after string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", after)
		w.WriteHeader(code)
	}
}

func TestRedirectOnTheSameHost(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/there", http.StatusMovedPermanently)
			return
		}
		user, _, _ := r.BasicAuth()
		_ = json.NewEncoder(w).Encode(user)
	})
	var got string
	require.NoError(t, client(t, httpsource.Access{Modes: []string{"basic"}, Username: "u"}, scalerkit.Options{}).GetJSON(context.Background(), server+"/", &got))
	require.Equal(t, "u", got)
}

// TestRedirectsElsewhere has a server that sends to another, which sends on.
func TestRedirectsElsewhere(t *testing.T) {
	var other string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/back" {
			user, _, _ := r.BasicAuth()
			_ = json.NewEncoder(w).Encode(user)
			return
		}
		http.Redirect(w, r, other+r.URL.Path+"?api_key="+secret, http.StatusTemporaryRedirect)
	})
	other = serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/headers":
			_ = json.NewEncoder(w).Encode(fmt.Sprint(r.Header))
		case "/down":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			http.Redirect(w, r, server+"/back", http.StatusTemporaryRedirect)
		}
	})
	c, err := httpsource.New(httpsource.Settings{Elsewhere: true, Access: httpsource.Access{
		Modes: []string{"basic", "apiKey"}, Method: "query", Username: "u", Password: scalerkit.NewSecret(secret), APIKey: scalerkit.NewSecret(secret),
	}}, scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	var got string
	require.NoError(t, c.GetJSON(context.Background(), server+"/headers", &got))
	require.Equal(t, "map[Accept:[application/json] Accept-Encoding:[gzip] User-Agent:[Go-http-client/1.1]]", got)
	require.NoError(t, c.GetJSON(context.Background(), server+"/on", &got))
	require.Equal(t, "u", got, "the server has its own back")
	err = c.GetJSON(context.Background(), server+"/down", &got)
	require.EqualError(t, err, "GET "+server+"/down: it redirects to "+strings.TrimPrefix(other, "http://")+", which is asked without credentials: access denied: 401 Unauthorized")
	require.ErrorIs(t, err, scalerkit.ErrDenied)
}

func TestRedirectsElsewhereNeverLeaveTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://example.com/", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	c, err := httpsource.New(httpsource.Settings{Elsewhere: true}, scalerkit.Options{HTTPClient: server.Client()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	_, err = c.Do(context.Background(), httpsource.Request{URL: server.URL})
	require.EqualError(t, err, "GET "+server.URL+": no answer: it redirects to http://example.com, which is not followed")
}

func TestNoURL(t *testing.T) {
	c := client(t, httpsource.Access{}, scalerkit.Options{})
	require.EqualError(t, c.GetJSON(context.Background(), "http://u:"+secret+"%zz@x", nil),
		"GET (not shown): this is no URL")
}

func TestTimeouts(t *testing.T) {
	release := make(chan struct{})
	server := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	for name, c := range map[string]struct {
		config  httpsource.Access
		options scalerkit.Options
		least   time.Duration
	}{
		"default":                      {httpsource.Access{}, scalerkit.Options{}, 3 * time.Second},
		"the trigger's":                {httpsource.Access{Timeout: 50 * time.Millisecond}, scalerkit.Options{}, 0},
		"the program's":                {httpsource.Access{}, scalerkit.Options{HTTPClient: &http.Client{Timeout: 50 * time.Millisecond}}, 0},
		"the trigger's, not program's": {httpsource.Access{Timeout: 50 * time.Millisecond}, scalerkit.Options{HTTPClient: &http.Client{Timeout: time.Hour}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			err := client(t, c.config, c.options).GetJSON(context.Background(), server, nil)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorIs(t, err, httpsource.ErrNoAnswer)
			require.GreaterOrEqual(t, time.Since(start), c.least)
			require.Less(t, time.Since(start), c.least+2*time.Second)
		})
	}
}

// The program's client stays as it is: the Client neither changes it nor takes
// its connections away.
func TestProgramsClient(t *testing.T) {
	server := serve(t, status(200, "[]"))
	program := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(program.CloseIdleConnections)
	before := *program
	var got []string
	for range 2 {
		c, err := httpsource.New(httpsource.Settings{Access: httpsource.Access{Timeout: time.Minute}}, scalerkit.Options{HTTPClient: program})
		require.NoError(t, err)
		require.NoError(t, c.GetJSON(context.Background(), server, &got))
		require.NoError(t, c.Close())
	}
	require.Equal(t, before.Timeout, program.Timeout)
	require.Nil(t, program.CheckRedirect)
}

func TestOAuth2(t *testing.T) {
	api := func(accepted *string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+*accepted {
				status(401, "not with "+r.Header.Get("Authorization"))(w, r)
				return
			}
			status(200, "[]")(w, r)
		}
	}
	config := func(tokenURI string) httpsource.Access {
		return httpsource.Access{
			Modes: []string{"oauth"},
			OAuth: httpsource.OAuth{
				TokenURI: tokenURI, ClientID: "client", ClientSecret: scalerkit.NewSecret(secret),
				Scopes: []string{"a", "b"}, EndpointParams: scalerkit.NewSecret(url.Values{"audience": {"x"}}.Encode()),
			},
		}
	}
	get := func(c *httpsource.Client, server string) error {
		var got []string
		return c.GetJSON(context.Background(), server, &got)
	}

	t.Run("a token is fetched once, and again when it is refused", func(t *testing.T) {
		accepted, fetched := "token-1", 0
		tokens := serve(t, func(w http.ResponseWriter, r *http.Request) {
			fetched++
			id, clientSecret, _ := r.BasicAuth()
			if id != "client" || clientSecret != secret || r.PostFormValue("scope") != "a b" || r.PostFormValue("audience") != "x" {
				status(401, "")(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"access_token":"token-%d","expires_in":3600}`, fetched)
		})
		server := serve(t, api(&accepted))
		c := client(t, config(tokens), scalerkit.Options{})
		for range 3 {
			require.NoError(t, get(c, server))
		}
		require.Equal(t, 1, fetched)

		accepted = "token-2"
		require.EqualError(t, get(c, server), "GET "+server+": access denied: 401 Unauthorized: not with Bearer [redacted]")
		require.NoError(t, get(c, server))
		require.Equal(t, 2, fetched)
	})

	t.Run("a request that is given up does not take the token from others", func(t *testing.T) {
		release := make(chan struct{})
		tokens := serve(t, func(w http.ResponseWriter, r *http.Request) {
			<-release
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"t"}`)
		})
		accepted := "t"
		server := serve(t, api(&accepted))
		c := client(t, config(tokens), scalerkit.Options{})
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		var got []string
		require.ErrorIs(t, c.GetJSON(ctx, server, &got), context.DeadlineExceeded)
		close(release)
		require.NoError(t, get(c, server))
	})

	for name, c := range map[string]struct {
		answer http.HandlerFunc
		is     error
		want   string
	}{
		"a client that is not accepted": {
			status(400, `{"error":"invalid_client","error_description":"wrong: `+secret+`"}`), scalerkit.ErrDenied,
			`access denied: 400 Bad Request: {"error":"invalid_client","error_description":"wrong: [redacted]"}`,
		},
		"the same from a server that says it is well": {
			status(200, `{"error":"invalid_client"}`), scalerkit.ErrDenied,
			`access denied: 200 OK: {"error":"invalid_client"}`,
		},
		"a wrong URL":   {status(404, "none"), nil, "404 Not Found: none"},
		"a failure":     {status(500, ""), nil, "500 Internal Server Error"},
		"throttling":    {retry(429, "3"), scalerkit.ErrThrottled, "throttled for 3s: 429 Too Many Requests"},
		"no token":      {status(200, `{}`), nil, "oauth2: server response missing access_token"},
		"no connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, httpsource.ErrNoAnswer, "no answer: the server hung up without a word, as one does that expects TLS"},
		"a redirect to another host": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://example.com/", http.StatusTemporaryRedirect)
		}, httpsource.ErrNoAnswer, "no answer: it redirects to http://example.com, which is not followed"},
	} {
		t.Run(name, func(t *testing.T) {
			tokens := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				c.answer(w, r)
			})
			withUser := strings.Replace(tokens, "http://", "http://u:"+secret+"@", 1)
			err := get(client(t, config(withUser+"/token?x="+secret), scalerkit.Options{}), "http://source.example.com/")
			require.EqualError(t, err, "GET http://source.example.com/: get an OAuth2 token: POST "+tokens+"/token: "+c.want)
			for _, other := range []error{scalerkit.ErrDenied, scalerkit.ErrNotFound, scalerkit.ErrThrottled, httpsource.ErrNoAnswer} {
				require.Equal(t, errors.Is(c.is, other), errors.Is(err, other), other)
			}
		})
	}
}
