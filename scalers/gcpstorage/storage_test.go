package gcpstorage_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
	"github.com/scalerkit/scalerkit/scalers/gcpstorage"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

var (
	driver  = gcpstorage.Driver()
	machine = scalerkit.Identity{Provider: "gcp"}
)

// opened returns a Scaler that is closed with the test.
func opened(tb testing.TB, spec scalerkit.Spec, pool *scalerkit.Pool) scalerkit.Scaler {
	s, err := gcptest.Listing(driver).Open(spec, scalerkit.Options{Pool: pool})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	for _, c := range []struct {
		metadata values
		want     scalerkit.Metric
	}{
		{values{"bucketName": "my.bucket"}, scalerkit.Metric{Name: "gcp-storage-my-bucket", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 100}, InFlight: true}},
		{
			values{"bucketName": "Transactions", "targetObjectCount": "5", "activationTargetObjectCount": "10", "maxBucketItemsToScan": "1000", "credentialsFromEnv": "KEY", "blobPrefix": "blobsubpath", "blobDelimiter": "/"},
			scalerkit.Metric{Name: "gcp-storage-Transactions", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}, Activation: 10, InFlight: true},
		},
	} {
		spec := scalerkit.Spec{Identity: machine, Metadata: c.metadata, Env: map[string]scalerkit.Secret{"KEY": gcptest.KeyFor(t, "https://oauth2.googleapis.com/token")}}
		s, err := driver.Open(spec, scalerkit.Options{})
		require.NoError(t, err)
		require.Equal(t, c.want, s.Metric())
		require.NoError(t, s.Close())
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for want, metadata := range map[string]values{
		"bucketName: is missing: set it in the metadata":                                                        {},
		`targetObjectCount: "0" is less than 1`:                                                                 {"bucketName": "b", "targetObjectCount": "0"},
		`targetObjectCount: "1.5" is not a whole number`:                                                        {"bucketName": "b", "targetObjectCount": "1.5"},
		`activationTargetObjectCount: "-1" is less than 0`:                                                      {"bucketName": "b", "activationTargetObjectCount": "-1"},
		`maxBucketItemsToScan: "-1" is less than 1`:                                                             {"bucketName": "b", "maxBucketItemsToScan": "-1"},
		`credentialsFromEnvFile: is not supported, since it names a file of the program's: give the key itself`: {"bucketName": "b", "credentialsFromEnvFile": "KEY"},
	} {
		_, err := driver.Open(scalerkit.Spec{Name: "t", Identity: machine, Metadata: metadata}, scalerkit.Options{})
		require.EqualError(t, err, `gcp-storage trigger "t": `+want)
	}
	var warned []string
	s, err := driver.Open(scalerkit.Spec{Name: "t", Identity: machine, Metadata: values{"bucketName": "b", "activationTargetObjectCount": "1000"}}, scalerkit.Options{
		Warn: func(e scalerkit.ConfigError) { warned = append(warned, e.Error()) },
	})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Equal(t, []string{`gcp-storage trigger "t": maxBucketItemsToScan: 1000 is not above activationTargetObjectCount, 1000: the trigger is never active`}, warned)
}

func TestWhatCounts(t *testing.T) {
	f := newFake(t)
	f.set("orders", map[string]int{"a": 1, "empty": 0, "in/": 0, "in/a": 1, "in/b": 2, "in/deep/c": 3, "inbox": 4})
	for _, c := range []struct {
		more values
		want float64
		note string
	}{
		{nil, 5, ""},
		{values{"blobDelimiter": "/"}, 2, ""},
		{values{"blobPrefix": "in"}, 4, ""},
		{values{"blobPrefix": "in", "blobDelimiter": "/"}, 1, ""}, // as it is, without a delimiter behind it
		{values{"blobPrefix": "in/", "blobDelimiter": "/"}, 2, ""},
		{values{"blobPrefix": "out/"}, 0, ""},
		{values{"maxBucketItemsToScan": "3"}, 3, "there may be more objects: counting stops at maxBucketItemsToScan"},
	} {
		r, err := opened(t, f.spec(t, "orders", c.more), nil).Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, c.want, r.Value, "%v", c.more)
		require.Equal(t, c.note, r.Note)
	}
}

func TestEmptyObjectsDoNotUseUpTheLimit(t *testing.T) {
	f := newFake(t)
	objects := map[string]int{"z": 1}
	for i := range 2500 {
		objects[fmt.Sprintf("empty-%d", i)] = 0
	}
	f.set("orders", objects)
	scalertest.WantValue(t, opened(t, f.spec(t, "orders", values{"maxBucketItemsToScan": "2"}), nil), 1)
	require.Len(t, f.asked(), 3)

	for i := range 2500 {
		objects[fmt.Sprintf("empty-%d", i)] = 1
	}
	f.set("orders", objects)
	scalertest.WantValue(t, opened(t, f.spec(t, "orders", values{"maxBucketItemsToScan": "1000"}), nil), 1000)
	require.Len(t, f.asked(), 1, "there is no need for a second page")
}

func TestBucketsThatCannotBeListed(t *testing.T) {
	f := newFake(t)
	missing := opened(t, f.spec(t, "nobody's", values{"activationTargetObjectCount": "0"}), nil)
	scalertest.WantValue(t, missing, 0)
	r, err := missing.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, "the bucket does not exist, which counts as 0", r.Note)

	url := "GET " + f.URL + "/storage/v1/b/"
	scalertest.WantError(t, opened(t, f.spec(t, secret, nil), nil), scalerkit.ErrDenied,
		`read objects in bucket "secret": `+url+`secret/o: access denied: 403 Forbidden: reader@shop-project.iam.gserviceaccount.com does not have storage.objects.list access`)
	scalertest.WantError(t, opened(t, f.spec(t, busy, nil), nil), scalerkit.ErrThrottled,
		`read objects in bucket "busy": `+url+`busy/o: throttled: 429 Too Many Requests: The project exceeded the rate limit.`)

	_, err = opened(t, f.spec(t, "../../b/orders", nil), nil).Read(t.Context())
	require.NoError(t, err) // there is no such bucket
	require.Len(t, f.asked(), 5)
}

// TestAnswersOfOthers has somebody on the way answer, whose word on what is missing
// does not count as a 0.
func TestAnswersOfOthers(t *testing.T) {
	authority := gcptest.NewAuthority(t)
	for body, want := range map[string]string{
		`{}`:                        "the answer is no list of objects",
		`{"kind":"storage#bucket"}`: "the answer is no list of objects",
		`{"kind":"storage#objects","items":[{"name":"a"}]}`: "the list of objects does not have their sizes",
		"": "not found: 404 Not Found: 404 page not found",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if body == "" {
				http.NotFound(w, r)
			}
			_, _ = fmt.Fprint(w, body)
		}))
		t.Cleanup(server.Close)
		s := opened(t, gcptest.WithKey(scalerkit.Spec{Metadata: values{"gcpEndpoint": server.URL, "bucketName": "orders"}}, authority.Key(t)), nil)
		_, err := s.Read(t.Context())
		require.ErrorContains(t, err, want)
	}
}

func TestEqualListsAreAskedForOnce(t *testing.T) {
	f := newFake(t)
	f.set("orders", map[string]int{"a": 1, "in/b": 1})
	pool := new(scalerkit.Pool)
	var scalers []scalerkit.Scaler
	for _, more := range []values{nil, {"targetObjectCount": "3"}, {"blobPrefix": "in/"}} {
		scalers = append(scalers, opened(t, f.spec(t, "orders", more), pool))
	}
	for i, r := range scalerkit.ReadAll(t.Context(), scalers...) {
		require.NoError(t, r.Err)
		require.Equal(t, []float64{2, 2, 1}[i], r.Reading.Value)
	}
	require.Len(t, f.asked(), 2)
}

func TestTheTokenOfAnIdentityStaysWithGoogle(t *testing.T) {
	spec := scalerkit.Spec{Name: "t", Identity: machine, Metadata: maps.Clone(values{"bucketName": "b", "gcpEndpoint": "https://evil.example/#.googleapis.com"})}
	_, err := driver.Open(spec, scalerkit.Options{})
	require.EqualError(t, err, `gcp-storage trigger "t": gcpEndpoint: "evil.example" may not be sent the token of an identity: use *.googleapis.com, or let the administrator list it as an identity endpoint`)
}
