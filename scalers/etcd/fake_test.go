package etcd_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

const (
	username = "scalerkit"
	password = "scalerkit-test"
	token    = "a-token-of-it"
)

// A fake has keys, for those who log in, and watches of them.
type fake struct {
	etcdserverpb.UnimplementedKVServer
	etcdserverpb.UnimplementedAuthServer
	etcdserverpb.UnimplementedWatchServer
	address string

	mu       sync.Mutex
	revision int64
	values   map[string]string
	changed  map[string]int64 // their revisions
	news     chan struct{}    // closed with the next change
	failure  error            // of readings
	expired  bool             // the token is, until the next login
	logins   int
}

func start(tb testing.TB) *fake {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	f := &fake{
		address: listener.Addr().String(), revision: 1,
		values: make(map[string]string), changed: make(map[string]int64), news: make(chan struct{}),
	}
	server := grpc.NewServer()
	etcdserverpb.RegisterKVServer(server, f)
	etcdserverpb.RegisterAuthServer(server, f)
	etcdserverpb.RegisterWatchServer(server, f)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	tb.Cleanup(func() {
		server.Stop()
		serving.Wait()
	})
	return f
}

// put sets a key.
func (f *fake) put(key, value string) {
	f.set(func() {
		f.revision++
		f.values[key], f.changed[key] = value, f.revision
		close(f.news)
		f.news = make(chan struct{})
	})
}

// set changes what the fake does.
func (f *fake) set(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

func (f *fake) Authenticate(_ context.Context, r *etcdserverpb.AuthenticateRequest) (*etcdserverpb.AuthenticateResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logins++
	if r.Name != username || r.Password != password {
		return nil, rpctypes.ErrGRPCAuthFailed
	}
	f.expired = false
	return &etcdserverpb.AuthenticateResponse{Header: f.header(), Token: token}, nil
}

func (f *fake) header() *etcdserverpb.ResponseHeader {
	return &etcdserverpb.ResponseHeader{Revision: f.revision}
}

// admit says whether a call has a token. The mutex is held.
func (f *fake) admit(ctx context.Context) error {
	sent, _ := metadata.FromIncomingContext(ctx)
	switch tokens := sent.Get(rpctypes.TokenFieldNameGRPC); {
	case len(tokens) == 0:
		return rpctypes.ErrGRPCUserEmpty
	case tokens[0] != token || f.expired:
		return rpctypes.ErrGRPCInvalidAuthToken
	}
	return nil
}

func (f *fake) Range(ctx context.Context, r *etcdserverpb.RangeRequest) (*etcdserverpb.RangeResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.admit(ctx); err != nil {
		return nil, err
	}
	if f.failure != nil {
		return nil, f.failure
	}
	answer := &etcdserverpb.RangeResponse{Header: f.header()}
	if value, ok := f.values[string(r.Key)]; ok {
		answer.Kvs, answer.Count = []*mvccpb.KeyValue{{Key: r.Key, Value: []byte(value), ModRevision: f.changed[string(r.Key)]}}, 1
	}
	return answer, nil
}

// Watch serves one watch on each stream.
func (f *fake) Watch(stream etcdserverpb.Watch_WatchServer) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.admit(stream.Context()); err != nil {
		return err
	}
	key, seen := first.GetCreateRequest().Key, f.revision
	if err := stream.Send(&etcdserverpb.WatchResponse{Header: f.header(), Created: true}); err != nil {
		return err
	}
	for {
		if revision := f.changed[string(key)]; revision > seen {
			seen = revision
			event := &mvccpb.Event{Kv: &mvccpb.KeyValue{Key: key, Value: []byte(f.values[string(key)]), ModRevision: revision}}
			if err := stream.Send(&etcdserverpb.WatchResponse{Header: f.header(), Events: []*mvccpb.Event{event}}); err != nil {
				return err
			}
		}
		news := f.news
		f.mu.Unlock()
		select {
		case <-news:
		case <-stream.Context().Done():
		}
		f.mu.Lock()
		if err := stream.Context().Err(); err != nil {
			return err
		}
	}
}

// soon is for what is to happen, on a machine that may be busy.
const soon = 30 * time.Second
