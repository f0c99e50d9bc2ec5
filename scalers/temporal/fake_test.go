package temporal_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/rpc/rpctest"
	"github.com/scalerkit/scalerkit/scalers/temporal"
)

type values = map[string]string

//go:embed temporal_test.proto
var protocol string

func serve(tb testing.TB, h rpctest.Handler, options ...grpc.ServerOption) string {
	return rpctest.Serve(tb, rpctest.Protocol(tb, protocol), h, options...)
}

// A said is a list of what a server is asked, and has an answer to each.
type said struct {
	answers map[string]string // by method and request
	errs    map[string]error
	mu      sync.Mutex
	asked   []string
}

func (s *said) handler(_ context.Context, method, request string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call := method + " " + request
	s.asked = append(s.asked, call)
	if err := s.errs[method]; err != nil {
		return "", err
	}
	answer, ok := s.answers[call]
	if !ok {
		return "", status.Error(codes.Internal, "the test has no answer to "+call)
	}
	return answer, nil
}

func open(tb testing.TB, metadata, auth values, o scalerkit.Options) scalerkit.Scaler {
	tb.Helper()
	s, err := temporal.Driver().Open(scalerkit.Spec{Name: "orders", Metadata: metadata, Auth: scalerkit.Secrets(auth)}, o)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

const (
	apiKey  = "hunter2-of-temporal"
	missing = "absent"    // a namespace that is not there
	busy    = "throttled" // one that is asked too often
)

// A frontend has backlogs of activities, by the task queue.
type frontend struct {
	mu       sync.Mutex
	backlogs map[string]int64
}

func (f *frontend) set(queue string) func(context.Context, float64) error {
	return func(_ context.Context, level float64) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.backlogs == nil {
			f.backlogs = make(map[string]int64)
		}
		f.backlogs[queue] = int64(level)
		return nil
	}
}

func (f *frontend) handler(ctx context.Context, _, request string) (string, error) {
	var asked struct {
		Namespace     string
		TaskQueue     struct{ Name string }
		TaskQueueType int
	}
	if err := json.Unmarshal([]byte(request), &asked); err != nil {
		return "", err
	}
	told, _ := metadata.FromIncomingContext(ctx)
	switch {
	case fmt.Sprint(told["authorization"]) != "[Bearer "+apiKey+"]":
		return "", status.Errorf(codes.Unauthenticated, "who is %v?", told["authorization"])
	case fmt.Sprint(told["temporal-namespace"]) != "["+asked.Namespace+"]":
		return "", status.Errorf(codes.InvalidArgument, "the header is for %v", told["temporal-namespace"])
	case asked.Namespace == missing:
		return "", status.Error(codes.NotFound, "Namespace absent is not found.")
	case asked.Namespace == busy:
		return "", status.Error(codes.ResourceExhausted, "namespace rate limit exceeded")
	case asked.TaskQueueType != 2:
		return `{"stats":{}}`, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return fmt.Sprintf(`{"pollers":[{"identity":"w","ratePerSecond":1.5}],"stats":{"approximateBacklogCount":%d}}`, f.backlogs[asked.TaskQueue.Name]), nil
}
