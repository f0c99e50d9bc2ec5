package azureeventhubs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/scalerkit/scalerkit/internal/azure/storage"
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
	prefix    string // of the names of blobs, which end with the partition
	listed    bool   // they are metadata, which a listing has; otherwise a blob is one
}

func newCheckpoints(c *Config, p place) checkpoints {
	path := p.recordedHost + "/" + p.recordedHub + "/"
	switch c.CheckpointStrategy {
	case goSDK:
		return checkpoints{c.BlobContainer, "", false}
	case dapr:
		return checkpoints{c.BlobContainer, "dapr-" + p.recordedHub + "-" + c.ConsumerGroup + "-", false}
	case blobMetadata:
		return checkpoints{c.BlobContainer, path + strings.ToLower(c.ConsumerGroup) + "/checkpoint/", true}
	}
	if c.CheckpointStrategy == azureFunction || c.BlobContainer == "" {
		return checkpoints{functionsContainer, path + c.ConsumerGroup + "/", false}
	}
	return checkpoints{c.BlobContainer, c.ConsumerGroup + "/", false}
}

// read returns the checkpoints of the partitions, nil for those without one.
func (c checkpoints) read(ctx context.Context, s *storage.Client, partitions []partition) ([]*int64, error) {
	client := s.Container(c.container)
	found := make([]*int64, len(partitions))
	if !c.listed {
		err := sideBySide(ctx, len(partitions), func(ctx context.Context, i int) (err error) {
			found[i], err = c.get(ctx, s, client, partitions[i].id)
			return about("checkpoint of partition", partitions[i].id, err)
		})
		return found, err
	}
	metadata, err := c.list(ctx, s, client)
	if err != nil {
		return nil, err
	}
	for i, p := range partitions {
		if m, ok := metadata[p.id]; ok {
			if found[i], err = sequenceNumber(m); err != nil {
				return nil, about("checkpoint of partition", p.id, err)
			}
		}
	}
	return found, nil
}

// list returns the metadata of the checkpoints by their partitions.
func (c checkpoints) list(ctx context.Context, s *storage.Client, client *container.Client) (map[string]map[string]*string, error) {
	found := make(map[string]map[string]*string)
	pager := client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{
		Prefix:  &c.prefix,
		Include: container.ListBlobsInclude{Metadata: true},
	})
	for pager.More() {
		page, err := pager.NextPage(ctx)
		switch {
		case isMissing(err):
			return nil, nil
		case err != nil:
			return nil, about("list checkpoints in container", c.container, s.Explain(err))
		case page.Segment == nil:
			return nil, about("list checkpoints in container", c.container, errors.New("the answer has no list of blobs"))
		}
		for _, b := range page.Segment.BlobItems {
			if b.Name != nil {
				found[strings.TrimPrefix(*b.Name, c.prefix)] = b.Metadata
			}
		}
	}
	return found, nil
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
func (c checkpoints) get(ctx context.Context, s *storage.Client, client *container.Client, partition string) (*int64, error) {
	blob, err := client.NewBlobClient(c.prefix+partition).DownloadStream(ctx, nil)
	switch {
	case isMissing(err):
		return nil, nil
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

// isMissing reports whether there is no such blob. That nobody has made the
// container yet comes down to the same.
func isMissing(err error) bool {
	return bloberror.HasCode(err, bloberror.BlobNotFound, bloberror.ContainerNotFound)
}

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
