package gcpstorage_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
	"github.com/scalerkit/scalerkit/scalers/gcpstorage"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

// source describes triggers to the suite that count the objects in in/ of a bucket
// whose name begins with prefix.
func source(spec func(bucket string) scalerkit.Spec, prefix string, set func(ctx context.Context, bucket string, objects map[string]int) error) scalertest.Source {
	trigger := func(name string) scalertest.Trigger {
		return scalertest.Trigger{Spec: spec(prefix + name), Set: func(ctx context.Context, level float64) error {
			objects := map[string]int{"in/": 0, "in/deep/object": 1, "object": 1}
			for i := range int(level) {
				objects[fmt.Sprintf("in/object-%d", i)] = i + 1
			}
			return set(ctx, prefix+name, objects)
		}}
	}
	return scalertest.Source{
		Trigger: trigger("orders"), TargetKey: "targetObjectCount", ActivationKey: "activationTargetObjectCount",
		Secrets:  []string{"of-google", "PRIVATE KEY"},
		MaxConns: 20, // 16 for buckets, and those to the authority
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
}

var inFolder = values{"blobPrefix": "in/", "blobDelimiter": "/", "targetObjectCount": "5", "maxBucketItemsToScan": "5000"}

func TestSuiteOnFake(t *testing.T) {
	suite := scalertest.Suite{Driver: gcptest.Listing(driver), New: gcptest.Typed(t, scalertest.Typed(gcpstorage.New)), Start: func(tb testing.TB) scalertest.Source {
		f := newFake(tb)
		spec := func(bucket string) scalerkit.Spec { return f.spec(tb, bucket, inFolder) }
		s := source(spec, "", func(_ context.Context, bucket string, objects map[string]int) error {
			f.set(bucket, objects)
			return nil
		})
		throttled := spec(busy)
		denied := gcptest.WithKey(spec("orders"), f.authority.Stranger(tb))
		secure := gcptest.WithKey(spec("orders"), gcptest.KeyFor(tb, "https://oauth2.googleapis.com/token"))
		s.Denied, s.Throttled, s.Secure = &denied, &throttled, &secure
		s.Levels = []float64{0, 1, 7, 1010} // which takes two pages
		return s
	}}
	suite.Run(t)
	httpkit.RunOn(t, suite)
}

// server skips the test if there is no Cloud Storage, and returns its URL.
func server(t testing.TB) string {
	url := os.Getenv("SCALERKIT_TEST_GCS")
	if url == "" {
		t.Skip("SCALERKIT_TEST_GCS is not set: run make test")
	}
	return url
}

func TestSuiteOnServer(t *testing.T) {
	server(t)
	scalertest.Suite{Driver: gcptest.Listing(driver), Start: func(tb testing.TB) scalertest.Source {
		url, authority := server(tb), gcptest.NewAuthority(tb)
		spec := func(bucket string) scalerkit.Spec { return specOn(url, authority.Key(tb), bucket, inFolder) }
		return source(spec, fmt.Sprintf("test-%d-", time.Now().UnixNano()), func(ctx context.Context, bucket string, objects map[string]int) error {
			return fill(ctx, url, bucket, objects)
		})
	}}.Run(t)
}

// fill makes these the objects of a bucket of the server's, with their sizes.
func fill(ctx context.Context, url, bucket string, objects map[string]int) error {
	send := func(method, path, body string) (int, error) {
		r, err := http.NewRequestWithContext(ctx, method, url+path, strings.NewReader(body))
		if err != nil {
			return 0, err
		}
		transport := &http.Transport{DisableKeepAlives: true}
		answer, err := (&http.Client{Transport: transport}).Do(r)
		if err != nil {
			return 0, err
		}
		return answer.StatusCode, answer.Body.Close()
	}
	for i := 0; ; i++ { // what was there before, which is the same but for how many there are
		name := fmt.Sprintf("in%%2Fobject-%d", i)
		if status, err := send(http.MethodDelete, "/storage/v1/b/"+bucket+"/o/"+name, ""); err != nil {
			return err
		} else if status == http.StatusNotFound {
			break
		}
	}
	if _, err := send(http.MethodPost, "/storage/v1/b", `{"name":"`+bucket+`"}`); err != nil { // it may be there
		return err
	}
	for name, size := range objects {
		status, err := send(http.MethodPost, "/upload/storage/v1/b/"+bucket+"/o?uploadType=media&name="+name, strings.Repeat("x", size))
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("upload %s: status %d: %w", name, status, err)
		}
	}
	return nil
}

func TestBucketsOnServer(t *testing.T) {
	url, authority := server(t), gcptest.NewAuthority(t)
	bucket := fmt.Sprintf("orders-%d", time.Now().UnixNano())
	open := func(more values) scalerkit.Scaler {
		return opened(t, specOn(url, authority.Key(t), bucket, more), nil)
	}
	r, err := open(nil).Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, "the bucket does not exist, which counts as 0", r.Note)

	require.NoError(t, fill(t.Context(), url, bucket, map[string]int{"a": 1, "empty": 0, "in/": 0, "in/a": 1, "in/b": 2, "in/deep/c": 3}))
	scalertest.WantValue(t, open(nil), 4)
	scalertest.WantValue(t, open(values{"blobDelimiter": "/"}), 1)
	scalertest.WantValue(t, open(values{"blobPrefix": "in/", "blobDelimiter": "/"}), 2)
	scalertest.WantValue(t, open(values{"maxBucketItemsToScan": "3"}), 3)
}
