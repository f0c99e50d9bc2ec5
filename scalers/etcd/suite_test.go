package etcd_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/etcd"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

// source describes keys to the suite.
func source(endpoints, prefix string, auth values, set func(ctx context.Context, key, value string) error) scalertest.Source {
	spec := func(key string) scalerkit.Spec {
		return scalerkit.Spec{
			Type: "etcd", Name: key, Auth: scalerkit.Secrets(auth),
			Metadata: values{"endpoints": endpoints, "watchKey": prefix + key, "value": "5"},
		}
	}
	trigger := func(key string) scalertest.Trigger {
		return scalertest.Trigger{Spec: spec(key), Set: func(ctx context.Context, level float64) error {
			return set(ctx, prefix+key, strconv.FormatFloat(level, 'f', -1, 64))
		}}
	}
	missing, secure := spec("none"), spec("orders")
	secure.Auth = scalerkit.Secrets(values{"tls": "enable"})
	return scalertest.Source{
		Trigger: trigger("orders"), Missing: &missing, Secure: &secure,
		TargetKey: "value", ActivationKey: "activationValue",
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprint("peer-", i))
			}
			return peers
		},
	}
}

func TestSuiteOnFake(t *testing.T) {
	scalertest.Suite{Driver: etcd.Driver(), New: scalertest.Typed(etcd.New), Start: func(tb testing.TB) scalertest.Source {
		f := start(tb)
		s := source(f.address, "", values{"username": username, "password": password}, func(_ context.Context, key, value string) error {
			f.put(key, value)
			return nil
		})
		const wrong = "not-the-password"
		denied := s.Spec
		denied.Auth = scalerkit.Secrets(values{"username": username, "password": wrong})
		s.Denied, s.Secrets = &denied, []string{password, wrong, token}
		return s
	}}.Run(t)
}

func TestSuiteOnServer(t *testing.T) {
	client, endpoint := server(t)
	var runs atomic.Int64 // checks run side by side
	runs.Store(time.Now().UnixNano())
	scalertest.Suite{Driver: etcd.Driver(), Start: func(testing.TB) scalertest.Source {
		return source(endpoint, fmt.Sprintf("%d/", runs.Add(1)), nil, func(ctx context.Context, key, value string) error {
			_, err := client.Put(ctx, key, value)
			return err
		})
	}}.Run(t)
}

// server returns the real server, and a client of it.
func server(t *testing.T) (*clientv3.Client, string) {
	t.Helper()
	endpoint := os.Getenv("SCALERKIT_TEST_ETCD")
	if endpoint == "" {
		t.Skip("SCALERKIT_TEST_ETCD is not set: run make test")
	}
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client, endpoint
}
