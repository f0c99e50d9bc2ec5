package etcd_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/etcd"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func open(tb testing.TB, endpoints string, more values) scalerkit.Scaler {
	tb.Helper()
	metadata := with(more)
	metadata["endpoints"] = endpoints
	s, err := etcd.Driver().Open(scalerkit.Spec{Metadata: metadata, Auth: scalerkit.Secrets(values{"username": username, "password": password})}, scalerkit.Options{})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

func TestWhatIsANumber(t *testing.T) {
	f := start(t)
	s := open(t, "http://"+f.address, nil)
	scalertest.WantError(t, s, scalerkit.ErrNotFound, `read key "backlog": not found: there is no such key`)
	for text, want := range map[string]float64{"7": 7, " 7.5\n": 7.5, "1e3": 1000, "0": 0} {
		f.put("backlog", text)
		scalertest.WantValue(t, s, want)
	}
	for text, want := range map[string]string{
		"":        "what is there is no number",
		"hunter2": "what is there is no number",
		"-1":      "the value is -1, which is not a finite number of at least 0",
		"NaN":     "the value is NaN, which is not a finite number of at least 0",
	} {
		f.put("backlog", text)
		scalertest.WantError(t, s, nil, `read key "backlog": `+want)
	}
}

func TestErrorsOfTheServer(t *testing.T) {
	f := start(t)
	f.put("backlog", "7")
	s := open(t, f.address, nil)
	for _, c := range []struct {
		failure error
		kind    error
		want    string
	}{
		{rpctypes.ErrGRPCPermissionDenied, scalerkit.ErrDenied, "access denied: etcdserver: permission denied"},
		{rpctypes.ErrGRPCRequestTooManyRequests, scalerkit.ErrThrottled, "throttled: etcdserver: too many requests"},
		{rpctypes.ErrGRPCCorrupt, nil, "etcdserver: corrupt cluster"},
		{status.Error(codes.Internal, "out of order"), nil, "Internal: out of order"},
	} {
		f.set(func() { f.failure = c.failure })
		scalertest.WantError(t, s, c.kind, `read key "backlog": `+c.want)
	}
	f.set(func() { f.failure = nil })
	scalertest.WantValue(t, s, 7)
}

func TestATokenIsRenewed(t *testing.T) {
	f := start(t)
	f.put("backlog", "7")
	s := open(t, f.address, nil)
	scalertest.WantValue(t, s, 7)
	scalertest.WantValue(t, s, 7)
	require.Equal(t, 1, f.logins)
	f.set(func() { f.expired = true })
	scalertest.WantValue(t, s, 7)
	require.Equal(t, 2, f.logins)
}

// One server of a cluster that is left will do.
func TestAnotherServerOfTheCluster(t *testing.T) {
	f := start(t)
	f.put("backlog", "7")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	gone := listener.Addr().String()
	require.NoError(t, listener.Close())
	scalertest.WantValue(t, open(t, gone+", "+f.address, nil), 7)
}

// A watch ends when nothing comes of it for twice the interval, and another one goes
// on; a reading that fails meanwhile is no matter to it.
func TestAWatchThatTellsOfNothingEnds(t *testing.T) {
	f := start(t)
	f.put("backlog", "7")
	s, ok := open(t, f.address, values{"watchProgressNotifyInterval": "1"}).(scalerkit.Watcher)
	require.True(t, ok)
	require.EqualError(t, s.Watch(t.Context(), func() {}), `watch key "backlog": the server has told of nothing for 2s`)

	told, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		ended <- open(t, f.address, nil).(scalerkit.Watcher).Watch(t.Context(), func() {
			select {
			case told <- struct{}{}:
			default:
			}
		})
	}()
	notice := func() {
		t.Helper()
		retry, giveUp := time.NewTicker(20*time.Millisecond), time.After(soon)
		defer retry.Stop()
		for {
			select {
			case <-told:
				return
			case err := <-ended:
				t.Fatal(err)
			case <-retry.C: // nothing tells when it has begun to listen
				f.put("backlog", "8")
			case <-giveUp:
				t.Fatal("the watch told of no change")
			}
		}
	}
	notice()
	f.set(func() { f.failure = rpctypes.ErrGRPCCorrupt })
	scalertest.WantError(t, s, nil, `read key "backlog": etcdserver: corrupt cluster`)
	notice()
}

func TestAClientOfTheProgramsOwn(t *testing.T) {
	f := start(t)
	f.put("backlog", "7")
	connect := func() *clientv3.Client {
		c, err := clientv3.New(clientv3.Config{Endpoints: []string{f.address}, Username: username, Password: password})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, c.Close()) })
		return c
	}
	scalertest.Borrowed(t, func(c *clientv3.Client, o scalerkit.Options) (scalerkit.Scaler, error) {
		return etcd.New(etcd.Config{Server: etcd.Server{Client: c}, Key: "backlog", Value: 1}, o)
	}, connect(), connect())
}
