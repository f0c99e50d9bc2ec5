package gcpstorage

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/gcp"
)

// Access is the part of the parameters that says who asks. Triggers with equal
// Accesses share connections and are read together.
type Access = gcp.Access

// Config describes a trigger on the number of objects in a bucket.
type Config struct {
	Access
	BucketName string `scaler:"bucketName,required" doc:"name of the bucket"`

	TargetObjectCount           int64 `scaler:"targetObjectCount,target" default:"100" min:"1" doc:"target: objects per replica"`
	ActivationTargetObjectCount int64 `scaler:"activationTargetObjectCount,activation" min:"0" doc:"the trigger is active above this number of objects"`
	MaxBucketItemsToScan        int64 `scaler:"maxBucketItemsToScan" default:"1000" min:"1" doc:"stop counting at this number of objects, best targetObjectCount times the most replicas"`

	BlobPrefix    string `scaler:"blobPrefix" doc:"count objects only whose name begins with this"`
	BlobDelimiter string `scaler:"blobDelimiter" doc:"count objects only that have this nowhere in their name behind the prefix: /"`
	MetricType    scalerkit.TargetKind
}

// Parse implements [driver.Parser].
func (c *Config) Parse(p *driver.Problems) {
	if c.MaxBucketItemsToScan <= c.ActivationTargetObjectCount {
		p.Warn(&c.MaxBucketItemsToScan, "%d is not above %s, %d: the trigger is never active", c.MaxBucketItemsToScan, p.Name(&c.ActivationTargetObjectCount), c.ActivationTargetObjectCount)
	}
}

// New returns a Scaler that counts the objects in a bucket. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type gcp-storage.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "gcp-storage", KEDAName: "gcsScaler", Open: open}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	access, metric := c.Access, driver.MetricOf(c, "gcp-storage", c.BucketName)
	metric.InFlight = true // an object is there until whoever works on it is done
	return source.New(o, driver.Plan[*client, question, scalerkit.Reading]{
		Metric:   metric,
		Question: question{bucket: c.BucketName, prefix: c.BlobPrefix, delimiter: c.BlobDelimiter, most: c.MaxBucketItemsToScan},
		Key:      access,
		Open: func(context.Context) (*client, error) {
			opened, err := access.Open("https://www.googleapis.com/auth/devstorage.read_only", connections, o)
			return &client{opened, access.URL("storage.googleapis.com")}, err
		},
	}), nil
}

// connections is how many buckets of one identity are listed side by side at most.
const connections = 16

var source = driver.Source[*client, question, scalerkit.Reading]{Name: "gcp-storage", Ask: ask}

type client struct {
	*gcp.Client
	url string
}

// A question is how many objects there are in a bucket.
type question struct {
	bucket, prefix, delimiter string
	most                      int64
}

func (q question) String() string { return fmt.Sprintf("objects in bucket %q", q.bucket) }

func ask(ctx context.Context, c *client, questions []question) ([]driver.Answer[scalerkit.Reading], error) {
	return httpsource.Each(ctx, c.Client.Client, questions, func(ctx context.Context, _ *httpsource.Client, q question) (scalerkit.Reading, error) {
		n, err := c.count(ctx, q)
		r := scalerkit.Reading{Value: float64(n)}
		switch {
		case errors.Is(err, gcp.ErrMissing):
			r.Note, err = "the bucket does not exist, which counts as 0", nil
		case n == q.most:
			r.Note = "there may be more objects: counting stops at maxBucketItemsToScan"
		}
		return r, err
	}), nil
}

// count counts the objects that are not empty.
func (c *client) count(ctx context.Context, q question) (n int64, err error) {
	parameters := url.Values{"maxResults": {"1000"}, "fields": {"kind,items(size),nextPageToken"}}
	if q.prefix != "" {
		parameters.Set("prefix", q.prefix)
	}
	if q.delimiter != "" {
		parameters.Set("delimiter", q.delimiter)
	}
	for {
		var page struct {
			Kind          string
			Items         []struct{ Size *string }
			NextPageToken string
		}
		if err := c.GetJSON(ctx, c.url+"/storage/v1/b/"+url.PathEscape(q.bucket)+"/o?"+parameters.Encode(), &page); err != nil {
			return 0, err
		}
		if page.Kind != "storage#objects" { // what is empty has no more in it than that
			return 0, errors.New("the answer is no list of objects")
		}
		for _, object := range page.Items {
			if object.Size == nil {
				return 0, errors.New("the list of objects does not have their sizes")
			}
			if *object.Size != "0" {
				n++
			}
			if n == q.most {
				return n, nil
			}
		}
		if page.NextPageToken == "" {
			return n, nil
		}
		parameters.Set("pageToken", page.NextPageToken)
	}
}
