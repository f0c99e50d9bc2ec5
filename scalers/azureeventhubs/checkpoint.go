package azureeventhubs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/scalerkit/scalerkit/internal/azure/storage/blobs"
)

// Who writes checkpoints. If it is not said, the event processor hosts of old
// do.
const (
	azureFunction = "azureFunction"
	blobMetadata  = "blobMetadata"
	goSDK         = "goSdk"
	dapr          = "dapr"
)

// functionsContainer is where Azure Functions keep their checkpoints.
const functionsContainer = "azure-webjobs-eventhub"

// storeConnections is how many a storage account's client holds, and so how
// many checkpoints are read at a time.
const storeConnections = 8

// checkpoints says where the checkpoints of one consumer group are.
type checkpoints struct {
	container string
	group     string
	prefix    string // of the names of blobs that are checkpoints, which end with the partition
	listed    bool   // what counts is the metadata of the blobs
}

func (c *Config) question() question {
	path := c.recordedHost + "/" + c.recordedHub + "/" + c.ConsumerGroup + "/"
	in := checkpoints{container: c.BlobContainer, group: c.ConsumerGroup}
	switch {
	case c.CheckpointStrategy == goSDK:
	case c.CheckpointStrategy == dapr:
		in.prefix = "dapr-" + c.recordedHub + "-" + c.ConsumerGroup + "-"
	case c.CheckpointStrategy == blobMetadata:
		in.listed, in.prefix = true, path+"checkpoint/"
	case c.CheckpointStrategy == azureFunction || c.BlobContainer == "":
		in.container, in.prefix = functionsContainer, path
	default:
		in.prefix = c.ConsumerGroup + "/"
	}
	return question{c.hub, in}
}

// A progress is how far a consumer group is.
type progress struct {
	at   []*int64 // by partition; nil for those without a checkpoint
	note string   // that there are none
}

// read returns the checkpoints of the partitions.
func (c checkpoints) read(ctx context.Context, s blobs.Client, partitions []partition) (progress, error) {
	read := c.readBlobs
	if c.listed {
		read = c.readListed
	}
	at, err := read(ctx, s, partitions)
	switch {
	case errors.Is(err, errNoContainer):
		return progress{
			at:   make([]*int64, len(partitions)),
			note: fmt.Sprintf("container %s does not exist: all events count", c.container),
		}, nil
	case err == nil && !slices.ContainsFunc(at, func(n *int64) bool { return n != nil }):
		return progress{at, fmt.Sprintf("container %s has no checkpoint of consumer group %s: all events count", c.container, c.group)}, nil
	}
	return progress{at: at}, err
}

// readBlobs reads checkpoints that are blobs.
func (c checkpoints) readBlobs(ctx context.Context, s blobs.Client, partitions []partition) ([]*int64, error) {
	client := s.Container(c.container)
	found := make([]*int64, len(partitions))
	var noContainer atomic.Bool
	err := sideBySide(ctx, len(partitions), func(ctx context.Context, i int) (err error) {
		found[i], err = c.get(ctx, s, client, partitions[i].id)
		if errors.Is(err, errNoContainer) {
			noContainer.Store(true) // and let the others end, whose connections would be lost
			return nil
		}
		return about("checkpoint of partition", partitions[i].id, err)
	})
	if err == nil && noContainer.Load() {
		err = errNoContainer
	}
	return found, err
}

// readListed reads checkpoints that are metadata, which a listing has.
func (c checkpoints) readListed(ctx context.Context, s blobs.Client, partitions []partition) ([]*int64, error) {
	client := s.Container(c.container)
	all := make(map[string][]listed)
	// The SDKs of .NET, Java, JavaScript and Python write the whole in lower case,
	// that of Go as its program has it.
	for _, prefix := range slices.Compact([]string{strings.ToLower(c.prefix), c.prefix}) {
		if err := c.list(ctx, s, client, prefix, all); err != nil {
			return nil, err
		}
	}
	found := make([]*int64, len(partitions))
	for i, p := range partitions {
		var err error
		if found[i], err = newest(all[p.id]); err != nil {
			return nil, about("checkpoint of partition", p.id, err)
		}
	}
	return found, nil
}

// A listed is a checkpoint in a listing.
type listed struct {
	modified time.Time
	metadata map[string]*string
}

// newest returns the one of a partition's checkpoints that was written last, nil
// if there is none. Of those from the same second, it is the one that is further.
func newest(all []listed) (furthest *int64, err error) {
	var last time.Time
	for _, l := range all {
		if l.modified.After(last) {
			last = l.modified
		}
	}
	for _, l := range all {
		if l.modified.Before(last) {
			continue
		}
		n, err := sequenceNumber(l.metadata)
		if err != nil {
			return nil, err
		}
		if furthest == nil || *n > *furthest {
			furthest = n
		}
	}
	return furthest, nil
}

// list adds to found, by their partitions, the checkpoints whose names begin with
// a prefix.
func (c checkpoints) list(ctx context.Context, s blobs.Client, client *container.Client, prefix string, found map[string][]listed) error {
	pager := client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{
		Prefix:  &prefix,
		Include: container.ListBlobsInclude{Metadata: true},
	})
	for pager.More() {
		page, err := pager.NextPage(ctx)
		switch {
		case bloberror.HasCode(err, bloberror.ContainerNotFound):
			return errNoContainer
		case err != nil:
			return about("list checkpoints in container", c.container, s.Explain(err))
		case page.Segment == nil:
			return about("list checkpoints in container", c.container, errors.New("the answer has no list of blobs"))
		}
		for _, b := range page.Segment.BlobItems {
			if b.Name == nil {
				continue
			}
			l := listed{metadata: b.Metadata}
			if b.Properties != nil && b.Properties.LastModified != nil {
				l.modified = *b.Properties.LastModified
			}
			partition := strings.TrimPrefix(*b.Name, prefix)
			found[partition] = append(found[partition], l)
		}
	}
	return nil
}

// sequenceNumber returns the one in the metadata of a checkpoint.
func sequenceNumber(metadata map[string]*string) (*int64, error) {
	for key, value := range metadata {
		if !strings.EqualFold(key, "sequencenumber") || value == nil {
			continue
		}
		n, err := strconv.ParseInt(*value, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("its sequencenumber %q is no number", *value)
		}
		return &n, nil
	}
	return nil, errors.New("its metadata has no sequencenumber")
}

// get returns the checkpoint in a blob, nil if there is none.
func (c checkpoints) get(ctx context.Context, s blobs.Client, client *container.Client, partition string) (*int64, error) {
	blob, err := client.NewBlobClient(c.prefix+partition).DownloadStream(ctx, nil)
	switch {
	case bloberror.HasCode(err, bloberror.BlobNotFound):
		return nil, nil
	case bloberror.HasCode(err, bloberror.ContainerNotFound):
		return nil, errNoContainer
	case err != nil:
		return nil, s.Explain(err)
	}
	defer blob.Body.Close()
	const most = 1 << 20
	body, err := io.ReadAll(io.LimitReader(blob.Body, most))
	if err != nil {
		return nil, err
	}
	return parseCheckpoint(body)
}

// errNoContainer says that there is no container. That is so until a consumer
// makes it, and does not tell whether its name is right.
var errNoContainer = errors.New("the container does not exist")

// recorded is a checkpoint, in the words of all who write one.
type recorded struct {
	SequenceNumber int64  // .NET, Java, Go
	Python         int64  `json:"sequence_number"`
	Offset         offset // all
	Checkpoint     *recorded
}

// parseCheckpoint returns the sequence number in a blob. Of a blob that so far
// only says who reads the partition, it returns nil.
func parseCheckpoint(body []byte) (*int64, error) {
	var r recorded
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, errors.New("it is not the JSON of a checkpoint")
	}
	if r.Checkpoint != nil {
		r = *r.Checkpoint
	}
	n := r.SequenceNumber
	if n == 0 {
		n = r.Python
	}
	if n == 0 && !r.Offset.isSet() {
		return nil, nil
	}
	return &n, nil
}

// An offset is where in a partition the next event is. It tells the event with
// number 0 from no event.
type offset string

// UnmarshalJSON implements json.Unmarshaler; offsets are strings or numbers.
func (o *offset) UnmarshalJSON(text []byte) error {
	*o = offset(strings.Trim(string(text), `"`))
	return nil
}

// isSet reports whether it is more than where a reader wants to start.
func (o offset) isSet() bool {
	switch o {
	case "", "null", "-1", "@latest":
		return false
	}
	return true
}
