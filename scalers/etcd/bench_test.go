package etcd_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/etcd"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound reads 1,000 keys, beside a bare client that reads as many at a time.
func BenchmarkRound(b *testing.B) {
	const n, atATime = 1000, 32
	f := start(b)
	bareClient, err := clientv3.New(clientv3.Config{Endpoints: []string{f.address}, Username: username, Password: password})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, bareClient.Close()) })
	pool := new(scalerkit.Pool)
	scalers := make([]scalerkit.Scaler, n)
	for i := range scalers {
		key := fmt.Sprint("bench-", i)
		f.put(key, fmt.Sprint(i))
		scalers[i], err = etcd.Driver().Open(scalerkit.Spec{
			Metadata: with(values{"endpoints": f.address, "watchKey": key}),
			Auth:     scalerkit.Secrets(values{"username": username, "password": password}),
		}, scalerkit.Options{Pool: pool})
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, scalers[i].Close()) })
	}
	bare := func() {
		var wait sync.WaitGroup
		for first := range atATime {
			wait.Go(func() {
				for i := first; i < n; i += atATime {
					answer, err := bareClient.Get(b.Context(), fmt.Sprint("bench-", i))
					if err != nil || string(answer.Kvs[0].Value) != fmt.Sprint(i) {
						b.Error(answer, err)
					}
				}
			})
		}
		wait.Wait()
	}
	ours := func() {
		for i, r := range scalerkit.ReadAll(b.Context(), scalers...) {
			if r.Err != nil || r.Reading.Value != float64(i) {
				b.Error(r)
			}
		}
	}
	scalertest.Compare(b, bare, ours)
}
