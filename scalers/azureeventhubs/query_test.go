package azureeventhubs_test

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/azureeventhubs"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A fixture is a hub "orders" and its checkpoints.
type fixture struct {
	*fake
	blobs *blobFake
}

func newFixture(t *testing.T) *fixture {
	f := newFake(t)
	return &fixture{f, newBlobFake(t, f.authority)}
}

// open opens a trigger on it, with what is set beyond the least.
func (f *fixture) open(t *testing.T, metadata values, options scalerkit.Options) scalerkit.Scaler {
	t.Helper()
	return f.openSpec(t, scalerkit.Spec{
		Metadata: with(values{"eventHubName": "orders", "blobContainer": "c"}, metadata),
		Auth:     scalerkit.Secrets(values{"connection": f.connection(key), "storageConnection": f.blobs.connection(accountKey)}),
	}, options)
}

func (f *fixture) openSpec(t *testing.T, spec scalerkit.Spec, options scalerkit.Options) scalerkit.Scaler {
	t.Helper()
	s, err := listing.Open(spec, options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// wantError reads and compares the error, and what it is if that is not nil.
func wantError(t *testing.T, s scalerkit.Scaler, is error, want string) {
	t.Helper()
	r, err := s.Read(context.Background())
	require.EqualError(t, err, `read unprocessed events of hub "orders" for consumer group "$Default": `+want)
	require.Zero(t, r)
	if is != nil {
		require.ErrorIs(t, err, is)
	}
}

func TestWhereCheckpointsAre(t *testing.T) {
	for name, c := range map[string]struct {
		metadata values
		requests []string // for two partitions
	}{
		"goSdk":           {values{"checkpointStrategy": "goSdk"}, []string{"c/0", "c/1"}},
		"dapr":            {values{"checkpointStrategy": "dapr", "consumerGroup": "Work"}, []string{"c/dapr-Orders-Work-0", "c/dapr-Orders-Work-1"}},
		"blobMetadata":    {values{"checkpointStrategy": "blobMetadata", "consumerGroup": "Work"}, []string{"c/ list HOST/Orders/Work/checkpoint/", "c/ list HOST/orders/work/checkpoint/"}},
		"azureFunction":   {values{"checkpointStrategy": "azureFunction", "consumerGroup": "Work"}, []string{"azure-webjobs-eventhub/HOST/Orders/Work/0", "azure-webjobs-eventhub/HOST/Orders/Work/1"}},
		"no container":    {values{"blobContainer": ""}, []string{"azure-webjobs-eventhub/HOST/Orders/$Default/0", "azure-webjobs-eventhub/HOST/Orders/$Default/1"}},
		"nothing of that": {nil, []string{"c/$Default/0", "c/$Default/1"}},
		"functions of version 5": {values{"checkpointStrategy": "blobMetadata", "blobContainer": "azure-webjobs-eventhub"},
			[]string{"azure-webjobs-eventhub/ list HOST/Orders/$Default/checkpoint/", "azure-webjobs-eventhub/ list HOST/orders/$default/checkpoint/"}},
		"blobMetadata, all in lower case": {values{"checkpointStrategy": "blobMetadata", "consumerGroup": "work", "eventHubName": "orders"},
			[]string{"c/ list HOST/orders/work/checkpoint/"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			for _, hub := range []string{"Orders", "orders"} {
				f.set(hub, partition{0, 9, false}, partition{0, 4, false}, partition{0, -1, true}, partition{5, 5, true})
			}
			f.blobs.put("c", "of-others", blob{})
			f.blobs.put("azure-webjobs-eventhub", "of-others", blob{})
			s := f.open(t, with(values{"eventHubName": "Orders"}, c.metadata), scalerkit.Options{})
			scalertest.WantValue(t, s, 15) // there are none
			var got []string
			for _, r := range f.blobs.requests() {
				got = append(got, strings.ReplaceAll(r, f.host(), "HOST"))
			}
			require.Equal(t, c.requests, got, "empty partitions are not asked about")
		})
	}
}

func TestEveryStrategyReadsItsCheckpoints(t *testing.T) {
	for name, s := range strategies {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			at := trigger(f.fake, accesses["Connection"], s, f.blobs.connection(accountKey), "orders", "$Default",
				func(_ context.Context, container, name string, b blob) error {
					f.blobs.put(container, name, b)
					return nil
				})
			require.NoError(t, at.Set(context.Background(), 42))
			scalertest.WantValue(t, f.openSpec(t, at.Spec, scalerkit.Options{}), 42)
		})
	}
}

func TestEveryAccessIsGranted(t *testing.T) {
	for name, a := range accesses {
		t.Run(name, func(t *testing.T) {
			if a.tls {
				azuretest.NeedTrust(t)
			}
			f := newFixture(t)
			f.set("orders", partition{0, 9, false})
			at := trigger(f.fake, a, strategies["Dapr"], f.blobs.connection(accountKey), "orders", "$Default", nil)
			scalertest.WantValue(t, f.openSpec(t, at.Spec, scalerkit.Options{}), 10)
		})
	}
}

func TestWhatACheckpointSays(t *testing.T) {
	const partitionHas = 10 // events, 3 to 12
	for name, c := range map[string]struct {
		body string
		want float64 // or an error
		err  string
	}{
		".NET":           {`{"SequenceNumber": 8, "Offset": "512"}`, 4, ""},
		"in lower case":  {`{"sequencenumber": 8}`, 4, ""},
		"Python":         {`{"sequence_number": 8, "offset": "512"}`, 4, ""},
		"both":           {`{"SequenceNumber": 8, "sequence_number": 7}`, 4, ""},
		"Go":             {`{"checkpoint": {"sequenceNumber": 8}}`, 4, ""},
		"a lease":        {`{"PartitionId":"0","Owner":"o","Token":"t","Epoch":1}`, partitionHas, ""},
		"a .NET lease":   {`{"Offset":"","SequenceNumber":0,"PartitionId":"0","Owner":"o","Epoch":1}`, partitionHas, ""},
		"a Python lease": {`{"offset":null,"sequence_number":0,"partition_id":"0","owner":"o"}`, partitionHas, ""},
		"a Go lease":     {`{"checkpoint":{"offset":"-1","sequenceNumber":0},"owner":"o"}`, partitionHas, ""},
		"another":        {`{"checkpoint":null,"owner":"o"}`, partitionHas, ""},
		"from the end":   {`{"checkpoint":{"offset":"@latest","sequenceNumber":0}}`, partitionHas, ""},
		"the end itself": {`{"SequenceNumber": 12}`, 0, ""},
		"no JSON":        {`8`, 0, `checkpoint of partition "0": it is not the JSON of a checkpoint`},
		"half of it":     {`{"SequenceNumber": 8`, 0, `checkpoint of partition "0": it is not the JSON of a checkpoint`},
		"no number":      {`{"SequenceNumber": "8"}`, 0, `checkpoint of partition "0": it is not the JSON of a checkpoint`},
		"nothing":        {``, 0, `checkpoint of partition "0": it is not the JSON of a checkpoint`},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.set("orders", partition{3, 12, false})
			f.blobs.put("c", "$Default/0", blob{body: c.body})
			s := f.open(t, nil, scalerkit.Options{})
			if c.err != "" {
				wantError(t, s, nil, c.err)
				return
			}
			scalertest.WantValue(t, s, c.want)
		})
	}
}

func TestTheEventWithNumberZeroCanBeTheCheckpoint(t *testing.T) {
	f := newFixture(t)
	f.set("orders", partition{0, 9, false})
	f.blobs.put("c", "$Default/0", blob{body: `{"SequenceNumber": 0, "Offset": 0}`})
	scalertest.WantValue(t, f.open(t, nil, scalerkit.Options{}), 9)
}

func TestWhatTheMetadataOfACheckpointSays(t *testing.T) {
	for name, c := range map[string]struct {
		metadata values
		want     float64
		err      string
	}{
		"a number":         {values{"sequencenumber": "8"}, 4, ""},
		"with a capital":   {values{"Sequencenumber": "8"}, 4, ""},
		"no number":        {values{"sequencenumber": "x8"}, 0, `checkpoint of partition "0": its sequencenumber "x8" is no number`},
		"no such metadata": {values{"offset": "64"}, 0, `checkpoint of partition "0": its metadata has no sequencenumber`},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			s := f.open(t, values{"checkpointStrategy": "blobMetadata"}, scalerkit.Options{})
			f.blobs.put("c", f.host()+"/orders/$default/checkpoint/0", blob{metadata: c.metadata})
			f.set("orders", partition{0, -1, true})
			scalertest.WantValue(t, s, 0) // of an empty partition it does not matter
			f.set("orders", partition{3, 12, false})
			if c.err != "" {
				wantError(t, s, nil, c.err)
				return
			}
			scalertest.WantValue(t, s, c.want)
		})
	}
}

// Most SDKs write the names of checkpoints in lower case, that of Go as it was
// given them.
func TestCheckpointsAreFoundInBothSpellings(t *testing.T) {
	const (
		lower = "/orders/$default/checkpoint/0"
		asGo  = "/Orders/$Default/checkpoint/0"
		both  = "/orders/$Default/checkpoint/0"
	)
	at := func(sequence string, second int) blob {
		return blob{metadata: values{"sequencenumber": sequence}, modified: time.Date(2026, 1, 2, 3, 4, second, 0, time.UTC)}
	}
	for name, c := range map[string]struct {
		hub   string
		blobs map[string]blob
		want  float64
	}{
		"a hub with capitals, in .NET, Java, JavaScript or Python": {"Orders", map[string]blob{lower: at("99", 0)}, 0},
		"the same, in Go":                            {"Orders", map[string]blob{asGo: at("99", 0)}, 0},
		"a hub without, in .NET":                     {"orders", map[string]blob{lower: at("99", 0)}, 0},
		"the same, in Go and Dapr":                   {"orders", map[string]blob{both: at("99", 0)}, 0},
		"from one to the other, which is newer":      {"orders", map[string]blob{both: at("49", 0), lower: at("99", 1)}, 0},
		"and back":                                   {"orders", map[string]blob{both: at("99", 1), lower: at("49", 0)}, 0},
		"the newer counts, though the other is more": {"orders", map[string]blob{both: at("89", 1), lower: at("99", 0)}, 10},
		"in the same second, the further":            {"orders", map[string]blob{both: at("79", 0), lower: at("89", 0)}, 10},
		"the same the other way round":               {"orders", map[string]blob{both: at("89", 0), lower: at("79", 0)}, 10},
		"an old one that cannot be understood":       {"orders", map[string]blob{both: at("", 0), lower: at("89", 1)}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.set(c.hub, partition{0, 99, false})
			for name, b := range c.blobs {
				f.blobs.put("c", f.host()+name, b)
			}
			s := f.open(t, values{"checkpointStrategy": "blobMetadata", "eventHubName": c.hub}, scalerkit.Options{})
			scalertest.WantValue(t, s, c.want)
		})
	}
}

func TestEachPartitionHasItsNewestCheckpoint(t *testing.T) {
	f := newFixture(t)
	f.set("orders", partition{0, 99, false}, partition{0, 99, false}, partition{0, 99, false})
	for name, sequence := range map[string]string{"/orders/$default/checkpoint/0": "98", "/orders/$Default/checkpoint/1": "97"} {
		f.blobs.put("c", f.host()+name, blob{metadata: values{"sequencenumber": sequence}})
	}
	s := f.open(t, values{"checkpointStrategy": "blobMetadata"}, scalerkit.Options{})
	scalertest.WantValue(t, s, 1+2+100)
}

// A container that does not exist is one that no consumer has made yet, or one
// with a typo in its name.
func TestThatThereAreNoCheckpointsIsSaid(t *testing.T) {
	for name, strategy := range strategies {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			container, checkpoint, b := strategy.write(checkpointPlace{f.host(), "orders", "$Default"}, "1", 49)
			metadata := with(values{"blobContainer": ""}, strategy.metadata)
			if metadata["blobContainer"] == "CONTAINER" {
				metadata["blobContainer"], container = "mispelt", "mispelt"
			}
			s := f.open(t, metadata, scalerkit.Options{})
			wantNote := func(value float64, note string) {
				t.Helper()
				r, err := s.Read(context.Background())
				require.NoError(t, err)
				require.Equal(t, value, r.Value)
				require.Equal(t, note, r.Note)
			}
			f.set("orders", partition{0, -1, true}, partition{0, -1, true})
			wantNote(0, "")
			f.set("orders", partition{0, 99, false}, partition{0, 49, false})
			wantNote(150, "container "+container+" does not exist: all events count")
			f.blobs.put(container, "of-others", blob{})
			wantNote(150, "container "+container+" has no checkpoint of consumer group $Default: all events count")
			f.blobs.put(container, checkpoint, b)
			wantNote(100, "")
		})
	}
}

func TestCheckpointsOfManyPartitionsTakeOneListingOfEachSpelling(t *testing.T) {
	f := newFixture(t)
	f.set("orders", slices.Repeat([]partition{{0, 9, false}}, 8)...)
	for i := range 8 {
		f.blobs.put("c", f.host()+"/orders/$default/checkpoint/"+string(rune('0'+i)), blob{metadata: values{"sequencenumber": "8"}})
	}
	scalertest.WantValue(t, f.open(t, values{"checkpointStrategy": "blobMetadata"}, scalerkit.Options{}), 8)
	require.Len(t, f.blobs.requests(), 3+1, "of three entries a page")
}

func TestNoMoreReplicasThanPartitionsFindWork(t *testing.T) {
	f := newFixture(t)
	f.set("orders", partition{0, 100, false}, partition{0, 49, false})
	f.blobs.put("c", "$Default/0", blob{body: `{"SequenceNumber": 0, "Offset": 0}`})
	s := f.open(t, values{"unprocessedEventThreshold": "70", "activationUnprocessedEventThreshold": "149"}, scalerkit.Options{})
	r, err := s.Read(context.Background())
	require.NoError(t, err)
	require.Equal(t, scalerkit.Reading{Value: 150, Limit: 2, Time: r.Time}, r)
	require.True(t, r.IsActive(s.Metric()))
}

func TestTheIdentityReadsCheckpointsToo(t *testing.T) {
	azuretest.NeedTrust(t)
	f := newFixture(t)
	f.set("orders", partition{0, 9, false})
	f.blobs.put("c", "$Default/0", blob{body: `{"SequenceNumber": 8}`})
	secure := newSecureProxy(t, f.blobs)
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == "shop.blob.airgap.example:443" {
				address = secure
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the name is not the certificate's
	}}
	defer client.CloseIdleConnections()
	_, port, _ := net.SplitHostPort(f.secure.Addr().String())
	s := f.openSpec(t, scalerkit.Spec{Identity: f.authority.Identity(), Metadata: values{
		"cloud": "Private", "endpointSuffix": "0.0.1:" + port, "storageEndpointSuffix": "airgap.example",
		"eventHubNamespace": "127", "eventHubName": "orders", "storageAccountName": "shop", "blobContainer": "c",
	}}, scalerkit.Options{HTTPClient: client})
	scalertest.WantValue(t, s, 1)
}

func TestABatchReadsEachHubOnceOverOneConnection(t *testing.T) {
	f := newFixture(t)
	pool := new(scalerkit.Pool)
	f.set("orders", partition{0, 9, false}, partition{0, 9, false})
	f.set("other", partition{0, 4, false})
	var scalers []scalerkit.Scaler
	for _, metadata := range []values{{"consumerGroup": "a"}, {"consumerGroup": "b"}, {"eventHubName": "other"}} {
		scalers = append(scalers, f.open(t, metadata, scalerkit.Options{Pool: pool}))
	}
	for range 2 {
		f.requests()
		for i, r := range scalerkit.ReadAll(context.Background(), scalers...) {
			require.NoError(t, r.Err)
			require.Equal(t, []float64{20, 20, 5}[i], r.Reading.Value)
		}
	}
	require.Equal(t, []string{
		"$management READ com.microsoft:eventhub orders", "$management READ com.microsoft:eventhub other",
		"$management READ com.microsoft:partition orders 0", "$management READ com.microsoft:partition orders 1",
		"$management READ com.microsoft:partition other 0",
	}, f.requests())
	require.Equal(t, 1, f.connections())
}

// TestRequestsAreThoseOfTheSDK holds this package and its fake to what Azure's
// own client sends, and understands.
func TestRequestsAreThoseOfTheSDK(t *testing.T) {
	f := newFixture(t)
	f.set("orders", partition{0, 9, false}, partition{3, 4, false})
	scalertest.WantValue(t, f.open(t, nil, scalerkit.Options{}), 12)
	ours, shapes := f.requests(), maps.Clone(f.shapes)

	connection := accesses["Signature"].spec(f.fake, key).Auth["connection"].Reveal()
	all := partitionsOf(t.Context(), t, connection+";EntityPath=orders")
	require.Equal(t, int64(9), all[0].LastEnqueuedSequenceNumber)
	require.Equal(t, int64(3), all[1].BeginningSequenceNumber)
	require.Equal(t, ours, f.requests())
	require.Equal(t, shapes, f.shapes)
}

func TestAProgramCanBringItsCredential(t *testing.T) {
	azuretest.NeedTrust(t)
	f := newFixture(t)
	f.set("orders", partition{0, 9, false})
	scalertest.Borrowed(t, func(credential azcore.TokenCredential, o scalerkit.Options) (scalerkit.Scaler, error) {
		o.IdentityEndpoints = []string{"127.0.0.1"}
		return azureeventhubs.New(azureeventhubs.Config{
			EventHubNamespace: "127", EndpointSuffix: strings.TrimPrefix(f.secure.Addr().String(), "127."), EventHubName: "orders",
			StorageConnection: scalerkit.NewSecret(f.blobs.connection(accountKey)), BlobContainer: "c",
			Entra: azureeventhubs.Entra{Cloud: "Private", Credential: credential},
		}, o)
	}, f.authority.Credential(), f.authority.Credential())
}
