package kafka_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// brokers is how many the fake has.
const brokers = 3

// A fake is a cluster in this process, written by others: what the driver says
// is understood by more than its author.
type fake struct {
	*kfake.Cluster
	admin

	mu   sync.Mutex
	seen []string // names of the requests that the driver sent
}

func newFake(tb testing.TB, options ...kfake.Opt) *fake {
	cluster, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(brokers), kfake.ListenFn(listener(nil))}, options...)...)
	require.NoError(tb, err)
	tb.Cleanup(cluster.Close)
	return &fake{Cluster: cluster}
}

// newOpenFake returns a fake that asks for no credentials, and its admin.
func newOpenFake(tb testing.TB) *fake {
	f := newFake(tb)
	f.admin = newAdmin(tb, f.address())
	return f
}

func (f *fake) address() string { return strings.Join(f.ListenAddrs(), ",") }

// on answers requests with the given key in the fake's place as long as answer
// returns true.
func (f *fake) on(request kmsg.Request, answer func(kmsg.Request) (kmsg.Response, error, bool)) {
	f.ControlKey(request.Key(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		f.KeepControl()
		return answer(r)
	})
}

// once answers the next request with the given key in the fake's place.
func (f *fake) once(request kmsg.Request, answer func(kmsg.Request) kmsg.Response) {
	f.ControlKey(request.Key(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		return answer(r), nil, true
	})
}

// limit makes the fake older: it speaks no version of a request above the
// given one.
func (f *fake) limit(request kmsg.Request, version int16) {
	f.on(kmsg.NewPtrApiVersionsRequest(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		answer := r.ResponseKind().(*kmsg.ApiVersionsResponse)
		for key, most := range map[kmsg.Key]int16{
			kmsg.ListOffsets: 5, kmsg.Metadata: 8, kmsg.OffsetFetch: 8, kmsg.FindCoordinator: 2,
			kmsg.SASLHandshake: 1, kmsg.SASLAuthenticate: 1, kmsg.ApiVersions: 0,
			kmsg.OffsetCommit: 8, kmsg.Produce: 7, kmsg.CreateTopics: 4,
		} {
			k := kmsg.NewApiVersionsResponseApiKey()
			if k.ApiKey, k.MaxVersion = int16(key), most; k.ApiKey == request.Key() {
				k.MaxVersion = version
			}
			answer.ApiKeys = append(answer.ApiKeys, k)
		}
		return answer, nil, true
	})
}

// refuse makes the fake say so when it refuses a user of SASL PLAIN, as brokers
// do.
func (f *fake) refuse() {
	f.on(kmsg.NewPtrSASLAuthenticateRequest(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		if string(r.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes) == "\x00"+username+"\x00"+password {
			return nil, nil, false
		}
		answer := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		answer.ErrorCode = kerr.SaslAuthenticationFailed.Code
		return answer, nil, true
	})
}

// record begins to take note of requests.
func (f *fake) record() {
	f.Control(func(r kmsg.Request) (kmsg.Response, error, bool) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.seen = append(f.seen, kmsg.NameForKey(r.Key()))
		return nil, nil, false
	})
}

// requests returns the names of the requests since the last call.
func (f *fake) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := f.seen
	f.seen = nil
	return seen
}
