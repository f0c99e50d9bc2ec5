package httpsource_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// A versioned server answers with the path and its version.
type versioned struct {
	version  int
	untagged bool
	statuses []int
}

func (v *versioned) RoundTrip(r *http.Request) (*http.Response, error) {
	etag := fmt.Sprintf(`"%d"`, v.version)
	w := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Etag": {etag}}, Request: r}
	body := r.URL.Path + etag
	switch {
	case r.Header.Get("If-None-Match") == etag:
		w.StatusCode, body = http.StatusNotModified, ""
	case v.version == 0:
		w.StatusCode = http.StatusInternalServerError
	case v.untagged:
		w.Header.Del("Etag")
	}
	w.Body = io.NopCloser(strings.NewReader(body))
	v.statuses = append(v.statuses, w.StatusCode)
	return w, nil
}

func TestConditional(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &versioned{version: 1}
		c := client(t, httpsource.Access{Client: &http.Client{Transport: server}}, scalerkit.Options{})
		var known httpsource.Conditional[string]
		header := http.Header{"A": {"b"}}
		bad := false
		get := func(path string) (string, error) {
			return known.Do(t.Context(), c, httpsource.Request{URL: "http://server" + path, Header: header}, func(r *httpsource.Response) (string, error) {
				if bad {
					return "", errors.New("it is bad")
				}
				return string(r.Body), nil
			})
		}
		want := func(path, answer string, status int) {
			t.Helper()
			got, err := get(path)
			require.NoError(t, err)
			require.Equal(t, answer, got)
			require.Equal(t, status, server.statuses[len(server.statuses)-1])
		}
		want("/a", `/a"1"`, 200)
		want("/b", `/b"1"`, 200)
		want("/a", `/a"1"`, 304)
		server.version = 2
		want("/a", `/a"2"`, 200)
		want("/a", `/a"2"`, 304)
		require.Len(t, header, 1, "the caller's header is not changed")

		server.version = 0
		_, err := get("/a")
		require.EqualError(t, err, `GET http://server/a: 500 Internal Server Error: /a"0"`)
		server.version, bad = 3, true
		_, err = get("/a")
		require.EqualError(t, err, "GET http://server/a: the answer is not what it should be: it is bad")
		server.version, bad = 2, false
		want("/a", `/a"2"`, 304)

		time.Sleep(time.Hour) // for which nobody asks
		want("/b", `/b"2"`, 200)
		want("/a", `/a"2"`, 200)
		server.version, server.untagged = 3, true
		want("/a", `/a"3"`, 200)
		want("/a", `/a"3"`, 200)
	})
}

func TestNotModifiedIsAnErrorToWhoKnowsNothing(t *testing.T) {
	url := serve(t, status(http.StatusNotModified, ""))
	var known httpsource.Conditional[string]
	_, err := known.Do(t.Context(), client(t, httpsource.Access{}, scalerkit.Options{}), httpsource.Request{URL: url}, nil)
	require.EqualError(t, err, "GET "+url+": not modified: 304 Not Modified")
	require.ErrorIs(t, err, httpsource.ErrNotModified)
}
