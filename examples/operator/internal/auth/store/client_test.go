package store_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
)

func ask(ctx context.Context, answer http.HandlerFunc, request store.Request) (map[string]string, error) {
	client := store.NewClient(storetest.Hosts{"store": answer})
	var into map[string]string
	err := request.Do(ctx, client, &into)
	return into, err
}

var get = store.Request{Method: http.MethodGet, URL: "https://user:password@store/a%20b?sig=secret", Token: "s.hunter2"}

func TestRequest(t *testing.T) {
	answer, err := ask(t.Context(), func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, `{"method": %q, "body": %q, "token": %q, "type": %q}`, r.Method, body, r.Header.Get("X-Token"), r.Header.Get("Content-Type"))
	}, store.Request{Method: http.MethodPost, URL: "https://store/", Header: http.Header{"X-Token": {"t"}}, Body: map[string]int{"a": 1}})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"method": "POST", "body": `{"a":1}`, "token": "t", "type": "application/json"}, answer)
}

func TestFailuresAreNamedWithoutSecrets(t *testing.T) {
	long := strings.Repeat("ä", 200)
	for name, c := range map[string]struct {
		status int
		body   string
		header http.Header
		want   string
		is     error
	}{
		"Vault":            {status: 403, body: `{"errors": ["no\n", "never"]}`, want: "access denied: 403 Forbidden: no ; never", is: scalerkit.ErrDenied},
		"Azure":            {status: 404, body: `{"error": {"code": "SecretNotFound", "message": "A secret with (name/id) x was not found"}}`, want: "not found: 404 Not Found: A secret with (name/id) x was not found", is: scalerkit.ErrNotFound},
		"Google":           {status: 401, body: `{"error": {"code": 401, "status": "UNAUTHENTICATED"}}`, want: "access denied: 401 Unauthorized: UNAUTHENTICATED", is: scalerkit.ErrDenied},
		"throttled":        {status: 429, want: "throttled: 429 Too Many Requests", is: scalerkit.ErrThrottled},
		"an echo":          {status: 400, body: `{"errors": ["token s.hunter2 is wrong"]}`, want: "400 Bad Request: token [redacted] is wrong"},
		"not JSON":         {status: 500, body: `token "hunter2" is wrong`, want: "500 Internal Server Error"},
		"other JSON":       {status: 500, body: `{"error": "hunter2"}`, want: "500 Internal Server Error"},
		"a long story":     {status: 500, body: `{"errors": ["` + long + `"]}`, want: "500 Internal Server Error: " + long[:168] + " …"},
		"a redirect":       {status: 307, header: http.Header{"Location": {"https://other/x?token=hunter2"}}, want: "no answer: it redirects to https://other, which is not followed"},
		"a secret, broken": {status: 200, body: `{"password": hunter2}`, want: "the answer is not the JSON that it should be"},
		"a number":         {status: 200, body: `{"password": 12345}`, want: "the answer is not the JSON that it should be"},
		"an endless one":   {status: 200, body: strings.Repeat(" ", 33<<20), want: "the answer has more than 33554432 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ask(t.Context(), func(w http.ResponseWriter, _ *http.Request) {
				for name, values := range c.header {
					w.Header()[name] = values
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}, get)
			require.EqualError(t, err, "GET https://store/a%20b: "+c.want)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	client := store.NewClient(storetest.Hosts{})
	err := get.Do(t.Context(), client, nil)
	require.EqualError(t, err, "GET https://store/a%20b: no answer: no such host: store")
	require.ErrorIs(t, err, httpsource.ErrNoAnswer)

	over, end := context.WithCancel(t.Context())
	end()
	require.ErrorIs(t, get.Do(over, client, nil), context.Canceled)

	err = store.Request{Method: http.MethodGet, URL: "https://user:hunter2@%"}.Do(t.Context(), client, nil)
	require.EqualError(t, err, "GET (not shown): this is no URL")
}
