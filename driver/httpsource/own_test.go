package httpsource_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// A credential is a program's.
type credential struct {
	token         string
	refused, shut atomic.Int64
}

func (c *credential) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("Authorization", "Bearer "+c.token)
	return nil
}

func (c *credential) Secrets() []string { return []string{c.token} }

func (c *credential) Refused(*http.Response) { c.refused.Add(1) }

func (c *credential) Close() error {
	c.shut.Add(1)
	return nil
}

// A counter is a program's client that counts what it sends.
type counter struct{ sent atomic.Int64 }

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.sent.Add(1)
	return http.DefaultTransport.RoundTrip(r)
}

// TestTheProgramsOwn has triggers on one server, in one batch, which differ in
// what the program has of its own.
func TestTheProgramsOwn(t *testing.T) {
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer good" {
			status(401, r.Header.Get("Authorization"))(w, r)
			return
		}
		_, _ = fmt.Fprint(w, "7")
	})
	source := httpsource.Source[string, float64]{Name: "x", Ask: func(ctx context.Context, c *httpsource.Client, url string) (n float64, err error) {
		return n, c.GetJSON(ctx, url, &n)
	}}
	good, bad, one, other := &credential{token: "good"}, &credential{token: "bad"}, new(counter), new(counter)
	options := scalerkit.Options{Pool: new(scalerkit.Pool), HTTPClient: &http.Client{Transport: other}}
	client := &http.Client{Transport: one}
	var all []scalerkit.Scaler
	for _, a := range []httpsource.Access{{Credential: good}, {Credential: bad}, {Credential: good, Client: client}, {Credential: good, Client: client}} {
		s, err := source.New(options, httpsource.Plan[string, float64]{Question: server, Server: server, Access: a})
		require.NoError(t, err)
		all = append(all, s)
	}
	results := scalerkit.ReadAll(t.Context(), all...)
	for _, i := range []int{0, 2, 3} {
		require.NoError(t, results[i].Err)
		require.EqualValues(t, 7, results[i].Reading.Value)
	}
	require.EqualError(t, results[1].Err, "read "+server+": GET "+server+": access denied: 401 Unauthorized: Bearer [redacted]")
	require.EqualValues(t, 1, bad.refused.Load())
	require.EqualValues(t, 1, one.sent.Load(), "two triggers that share a client")
	require.EqualValues(t, 2, other.sent.Load())
	for _, s := range all {
		require.NoError(t, s.Close())
	}
	require.Zero(t, good.shut.Load()+bad.shut.Load())
}
