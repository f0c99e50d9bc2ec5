package azurequeue_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/storage/storagetest"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/scalers/azurequeue"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound asks for the lengths of 1,000 queues of the fake in turn by bare
// requests, as many side by side, and by as many triggers, and reports the ratio
// of the two. The service has no request for several queues.
func BenchmarkRound(b *testing.B) {
	const queues, atOnce = 1000, 2 // as many as ours for a server that answers at once
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Minute)
	defer cancel()
	f := newFake(b)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	scalers := make([]scalerkit.Scaler, queues)
	name := func(i int) string { return fmt.Sprintf("bench-%d", i) }
	for i := range scalers {
		f.set(name(i), messages{visible: 10})
		s, err := azurequeue.Driver().Open(trigger(storagetest.Connection.Spec(f.Server), azurequeue.All, name(i)), options)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, s.Close()) })
		scalers[i] = s
	}
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: atOnce, MaxIdleConnsPerHost: atOnce}}
	b.Cleanup(client.CloseIdleConnections)
	length := func(i int) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.HTTP.URL+"/"+storagetest.Account+"/"+name(i)+"?comp=metadata", http.NoBody)
		if err != nil {
			return err
		}
		r.Header.Set("x-ms-version", "2021-12-02")
		r.Header.Set("Authorization", "SharedKey "+storagetest.Account+":"+storagetest.Sign(r, storagetest.Account, storagetest.Key))
		response, err := client.Do(r)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if n := response.Header.Get("x-ms-approximate-messages-count"); n != "10" {
			return fmt.Errorf("%s: %s messages", response.Status, n)
		}
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	bare := func() {
		each.Do(queues, atOnce, func(i int) {
			if err := length(i); err != nil {
				b.Error(err)
			}
		})
	}
	ours := func() {
		for _, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != 10 {
				b.Error(r)
			}
		}
	}
	f.Count()
	ours()
	require.Equal(b, queues, f.Count())
	scalertest.Compare(b, bare, ours)
}
