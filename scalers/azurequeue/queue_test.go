package azurequeue_test

import (
	"io"
	"maps"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/internal/azure/storage/storagetest"
	"github.com/scalerkit/scalerkit/scalers/azurequeue"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// opened opens a trigger on the queue "orders" of the fake.
func opened(t testing.TB, spec scalerkit.Spec, strategy string, options scalerkit.Options) scalerkit.Scaler {
	t.Helper()
	s, err := listing.Open(trigger(spec, strategy, "orders"), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func wantError(t *testing.T, s scalerkit.Scaler, kind error, want string) {
	t.Helper()
	scalertest.WantError(t, s, kind, `read length of queue "orders": `+want)
}

func TestWhatCounts(t *testing.T) {
	const jumped = "32 or more messages of queue orders are waiting: those being worked on count as well"
	f := newFake(t)
	all := opened(t, storagetest.Connection.Spec(f.Server), "all", scalerkit.Options{})
	visible := opened(t, storagetest.Connection.Spec(f.Server), "visibleonly", scalerkit.Options{})
	for _, c := range []struct {
		in           messages
		all, visible float64
		note         string
		requests     int
	}{
		{messages{0, 0}, 0, 0, "", 1},
		{messages{0, 9}, 9, 0, "", 1},
		{messages{3, 2}, 5, 3, "", 1},
		{messages{31, 20}, 51, 31, "", 1},
		{messages{32, 20}, 52, 52, jumped, 2},
		{messages{1000, 0}, 1000, 1000, jumped, 2},
	} {
		f.set("orders", c.in)
		scalertest.WantValue(t, all, c.all)
		f.Count()
		r, err := visible.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, c.visible, r.Value)
		require.Equal(t, c.note, r.Note)
		require.Equal(t, c.requests, f.Count())
	}
	require.True(t, all.Metric().InFlight)
	require.False(t, visible.Metric().InFlight)
}

func TestWhatIsNoLength(t *testing.T) {
	write := func(body string, header ...string) azuretest.Answer {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	header := func(name, value string) azuretest.Answer {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set(name, value)
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
	}
	f := newFake(t)
	f.set("orders", messages{visible: 2})
	metadata, peek := "GET "+f.HTTP.URL+"/127/orders: ", "GET "+f.HTTP.URL+"/127/orders/messages: "
	const count = "x-ms-approximate-messages-count"
	for name, c := range map[string]struct {
		answer       azuretest.Answer
		is           error
		all, visible string
	}{
		"throttled": {header("Retry-After", "7"), scalerkit.ErrThrottled,
			metadata + "throttled for 7s: 503 Service Unavailable", peek + "throttled for 7s: 503 Service Unavailable"},
		"empty": {write(""), nil, "the answer does not say how many messages there are", "the answer is no list of messages: EOF"},
		"another answer": {write("<html></html>", count, "many"), nil,
			"the answer does not say how many messages there are", "the answer is no list of messages: expected element type <QueueMessagesList> but have <html>"},
		"half an answer": {write("<QueueMessagesList><QueueMessage>"), nil,
			"the answer does not say how many messages there are", "the answer is no list of messages: XML syntax error on line 1: unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			all := opened(t, storagetest.Connection.Spec(f.Server), "all", scalerkit.Options{})
			visible := opened(t, storagetest.Connection.Spec(f.Server), "visibleonly", scalerkit.Options{})
			f.Say(c.answer)
			f.Count()
			wantError(t, all, c.is, c.all)
			wantError(t, visible, c.is, c.visible)
			require.Equal(t, 2, f.Count(), "the next reading is the retry")
			f.Say(nil)
			scalertest.WantValue(t, all, 2)
			scalertest.WantValue(t, visible, 2)
		})
	}
}

// What the service shows may have gone when it is asked for all.
func TestTheSecondRequestFails(t *testing.T) {
	f := newFake(t)
	f.set("orders", messages{visible: 50})
	s := opened(t, storagetest.Connection.Spec(f.Server), "visibleonly", scalerkit.Options{})
	f.Say(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("comp") != "metadata" {
			return false
		}
		storagetest.Refuse(w, http.StatusInternalServerError, "InternalError")
		return true
	})
	wantError(t, s, nil, "GET "+f.HTTP.URL+"/127/orders: 500 Internal Server Error: InternalError")
}

func TestCredentialsThatAreRevokedAndRenewed(t *testing.T) {
	f := newFake(t)
	f.set("orders", messages{visible: 2})
	s := opened(t, storagetest.Connection.Spec(f.Server), "all", scalerkit.Options{})
	scalertest.WantValue(t, s, 2)
	f.Renew(storagetest.Wrong)
	wantError(t, s, scalerkit.ErrDenied, "GET "+f.HTTP.URL+"/127/orders: access denied: 403 Forbidden: AuthenticationFailed")
	f.Renew(storagetest.Key)
	scalertest.WantValue(t, s, 2)
}

func TestATokenThatIsRefusedIsReplaced(t *testing.T) {
	azuretest.NeedTrust(t)
	f := newFake(t)
	f.set("orders", messages{visible: 2})
	s := opened(t, storagetest.Accesses["Identity"].Spec(f.Server), "all", scalerkit.Options{})
	scalertest.WantValue(t, s, 2)
	scalertest.WantValue(t, s, 2)
	require.Equal(t, 1, f.Authority.Issued())
	f.Authority.Revoke()
	f.Say(func(w http.ResponseWriter, r *http.Request) bool {
		if f.IsAuthentic(r) {
			return false
		}
		storagetest.Refuse(w, http.StatusUnauthorized, "InvalidAuthenticationInfo")
		return true
	})
	wantError(t, s, scalerkit.ErrDenied, "GET "+f.HTTPS.URL+"/orders: access denied: 401 Unauthorized: InvalidAuthenticationInfo")
	scalertest.WantValue(t, s, 2)
	require.Equal(t, 2, f.Authority.Issued())
}

func TestTriggersThatCountTheSameAreOneQuestion(t *testing.T) {
	f := newFake(t)
	f.set("orders", messages{visible: 2, invisible: 1})
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	spec := storagetest.Connection.Spec(f.Server)
	scalers := []scalerkit.Scaler{opened(t, spec, "all", options), opened(t, spec, "all", options), opened(t, spec, "visibleonly", options)}
	var got []float64
	for _, r := range scalerkit.ReadAll(t.Context(), scalers...) {
		require.NoError(t, r.Err)
		got = append(got, r.Reading.Value)
	}
	require.Equal(t, []float64{3, 3, 2}, got)
	require.Equal(t, 2, f.Count())
	require.False(t, scalertest.Together(scalers[0], opened(t, storagetest.Accesses["Signature"].Spec(f.Server), "all", options)))
}

func TestAProgramCanBringItsCredential(t *testing.T) {
	azuretest.NeedTrust(t)
	f := newFake(t)
	f.set("orders", messages{})
	scalertest.Borrowed(t, func(credential azcore.TokenCredential, o scalerkit.Options) (scalerkit.Scaler, error) {
		o.IdentityEndpoints = []string{"127.0.0.1"}
		return azurequeue.New(azurequeue.Config{QueueName: "orders", Access: azurequeue.Access{
			AccountName: storagetest.Account, EndpointSuffix: f.Suffix(), Entra: azurequeue.Entra{Cloud: "Private", Credential: credential},
		}}, o)
	}, f.Authority.Credential(), f.Authority.Credential())
}

// connection is what the portal shows.
const connection = "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net"

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	perReplica := func(value float64) scalerkit.Target {
		return scalerkit.Target{Kind: scalerkit.PerReplica, Value: value}
	}
	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want scalerkit.Metric
	}{
		"KEDA's example": {
			scalerkit.Spec{
				Env: scalerkit.Secrets(values{"STORAGE": "QueueEndpoint=https://shop.queue.local.azurestack.external;AccountName=shop;AccountKey=c2VjcmV0"}),
				Metadata: values{
					"queueName": "functionsqueue", "accountName": "storage-account-name", "connectionFromEnv": "STORAGE", "queueLength": "7",
					"queueLengthStrategy": "all", "cloud": "Private", "endpointSuffix": "queue.local.azurestack.external",
				},
			},
			scalerkit.Metric{Name: "azure-queue-functionsqueue", Target: perReplica(7), InFlight: true},
		},
		"a pod identity": {
			scalerkit.Spec{Identity: scalerkit.Identity{Provider: "azure-workload"}, Metadata: values{"queueName": "orders", "accountName": "shop", "activationQueueLength": "5"}},
			scalerkit.Metric{Name: "azure-queue-orders", Target: perReplica(5), Activation: 5, InFlight: true},
		},
		"only what waits": {
			scalerkit.Spec{MetricType: scalerkit.Total, Auth: scalerkit.Secrets(values{"connection": connection}), Metadata: values{"queueName": "orders", "queueLengthStrategy": "visibleonly"}},
			scalerkit.Metric{Name: "azure-queue-orders", Target: scalerkit.Target{Kind: scalerkit.Total, Value: 5}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := azurequeue.Driver().Open(c.spec, scalerkit.Options{})
			require.NoError(t, err)
			require.Equal(t, c.want, s.Metric())
			require.NoError(t, s.Close())
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	auth := scalerkit.Secrets(values{"connection": connection})
	for want, c := range map[string]struct {
		auth     map[string]scalerkit.Secret
		metadata values
	}{
		`queueName: "Orders" is no name of a queue: want 3 to 63 lower-case letters, digits and hyphens`: {auth, values{"queueName": "Orders"}},
		`queueLengthStrategy: "VisibleOnly" is not one of all, visibleonly; did you mean "visibleonly"?`: {auth, values{"queueLengthStrategy": "VisibleOnly"}},
		`queueLength: "0" is less than 1`: {auth, values{"queueLength": "0"}},
		`connection: is missing: give a connection string, accountName and accountKey, or the pod identity azure-workload`: {nil, nil},
		`connectionFromEnv: environment variable "STORAGE" is not set`:                                                     {nil, values{"connectionFromEnv": "STORAGE"}},
		`connection: has neither AccountName nor QueueEndpoint: want DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net`: {
			scalerkit.Secrets(values{"connection": "BlobEndpoint=https://b/;AccountKey=c2VjcmV0"}), nil,
		},
		`endpointSuffix: is missing: the cloud Private needs it, such as "queue.example.com"`: {auth, values{"cloud": "Private"}},
	} {
		metadata := values{"queueName": "orders"}
		maps.Copy(metadata, c.metadata)
		_, err := azurequeue.Driver().Open(scalerkit.Spec{Name: "t", Auth: c.auth, Metadata: metadata}, scalerkit.Options{})
		require.EqualError(t, err, `azure-queue trigger "t": `+want)
	}
}
