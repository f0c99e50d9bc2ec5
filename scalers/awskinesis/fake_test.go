package awskinesis_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
)

const (
	keyID     = "AKIASCALERKIT"
	secretKey = "scalerkit-test-secret"
)

// A shard of the fake. The sequence numbers of its records are their indices.
type shard struct {
	id, parent, adjacent string
	closed               bool
	records              []time.Duration // how old they are, whenever they are read
	gaps                 int             // empty answers before the first record
}

// A fake is an in-process Kinesis and DynamoDB that knows the requests of the
// driver.
type fake struct {
	*awsfake.JSON
	now func() time.Time

	mu      sync.Mutex
	streams map[string][]shard
	tables  map[string][][2]string // lease keys and checkpoints
	seen    []string               // names of the requests
	page    int                    // how many shards or leases there are in a page, all if it is 0

	// refuse returns why a request is refused, if it is not nil.
	refuse func(action, body string) *awsfake.Refusal
	// edit changes an answer, if it is not nil.
	edit func(action string, out map[string]any)
}

func newFake(tb testing.TB) *fake {
	f := &fake{now: time.Now, streams: make(map[string][]shard), tables: make(map[string][][2]string)}
	f.JSON = awsfake.NewJSON(tb, f.serve)
	f.Keys.Add(awsfake.Key{ID: keyID, Secret: secretKey})
	return f
}

// set makes these the shards of a stream.
func (f *fake) set(stream string, shards ...shard) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.streams[stream] = shards
}

// lease makes these all leases of a table, by shard.
func (f *fake) lease(table string, leases ...[2]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tables[table] = leases
}

// requests returns the names of the requests since the last time.
func (f *fake) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := f.seen
	f.seen = nil
	return seen
}

// An input has the fields of all requests.
type input struct {
	StreamName, ShardIteratorType, StartingSequenceNumber, ShardIterator, NextToken string

	Timestamp         float64 // seconds since 1970
	ShardID           string  `json:"ShardId"`
	ShardFilter       struct{ Type string }
	TableName         string
	ExclusiveStartKey map[string]map[string]string
}

// serve answers a request.
func (f *fake) serve(action string, body []byte) (any, *awsfake.Refusal) {
	var in input
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &awsfake.Refusal{Code: "SerializationException", Message: err.Error()}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, action)
	if f.refuse != nil {
		if refusal := f.refuse(action, string(body)); refusal != nil {
			return nil, refusal
		}
	}
	out, refusal := f.do(action, in)
	if refusal == nil && f.edit != nil {
		f.edit(action, out)
	}
	return out, refusal
}

func notFound(format string, args ...any) (map[string]any, *awsfake.Refusal) {
	return nil, &awsfake.Refusal{Code: "ResourceNotFoundException", Message: fmt.Sprintf(format, args...)}
}

func (f *fake) do(action string, in input) (map[string]any, *awsfake.Refusal) {
	switch action {
	case "Scan":
		return f.scan(in)
	case "GetRecords":
		return f.getRecords(in)
	}
	name := in.StreamName
	if in.NextToken != "" {
		parts := strings.Split(in.NextToken, "|")
		name, in.ShardFilter.Type = parts[0], parts[2]
	}
	shards, ok := f.streams[name]
	if !ok {
		return notFound("Stream %s under account 123456789012 not found.", name)
	}
	switch action {
	case "DescribeStreamSummary":
		open := 0
		for _, s := range shards {
			if !s.closed {
				open++
			}
		}
		return map[string]any{"StreamDescriptionSummary": map[string]any{"StreamName": name, "OpenShardCount": open}}, nil
	case "ListShards":
		return f.listShards(name, in, shards), nil
	case "GetShardIterator":
		for _, s := range shards {
			if s.id != in.ShardID {
				continue
			}
			first := 0
			switch in.ShardIteratorType {
			case "AFTER_SEQUENCE_NUMBER":
				_, _ = fmt.Sscan(in.StartingSequenceNumber, &first)
				first++
			case "AT_TIMESTAMP":
				since := f.now().Sub(time.UnixMilli(int64(in.Timestamp * 1000)))
				for first < len(s.records) && s.records[first] > since {
					first++
				}
			}
			return map[string]any{"ShardIterator": fmt.Sprintf("%s|%s|%d|%d", name, s.id, first, s.gaps)}, nil
		}
		return notFound("Shard %s in stream %s under account 123456789012 does not exist", in.ShardID, name)
	}
	return nil, &awsfake.Refusal{Code: "UnknownOperationException", Message: "the fake does not know " + action}
}

func (f *fake) listShards(stream string, in input, shards []shard) map[string]any {
	list := []map[string]any{}
	_, after, _ := strings.Cut(in.NextToken, "|")
	for i, s := range shards {
		if s.id <= after || s.closed && in.ShardFilter.Type == "AT_LATEST" {
			continue
		}
		description := map[string]any{"ShardId": s.id}
		if s.parent != "" {
			description["ParentShardId"] = s.parent
		}
		if s.adjacent != "" {
			description["AdjacentParentShardId"] = s.adjacent
		}
		if list = append(list, description); len(list) == f.page && i < len(shards)-1 {
			return map[string]any{"Shards": list, "NextToken": stream + "|" + s.id + "|" + in.ShardFilter.Type}
		}
	}
	return map[string]any{"Shards": list}
}

func (f *fake) getRecords(in input) (map[string]any, *awsfake.Refusal) {
	parts := strings.Split(in.ShardIterator, "|")
	var first, gaps int
	_, _ = fmt.Sscan(parts[2], &first)
	_, _ = fmt.Sscan(parts[3], &gaps)
	for _, s := range f.streams[parts[0]] {
		if s.id != parts[1] {
			continue
		}
		out := map[string]any{"Records": []any{}, "MillisBehindLatest": 0}
		switch {
		case first >= len(s.records):
			if !s.closed {
				out["NextShardIterator"] = in.ShardIterator
			}
		case gaps > 0:
			out["MillisBehindLatest"] = s.records[first].Milliseconds()
			out["NextShardIterator"] = fmt.Sprintf("%s|%s|%d|%d", parts[0], s.id, first, gaps-1)
		default:
			out["Records"] = []any{map[string]any{
				"SequenceNumber": fmt.Sprint(first), "PartitionKey": "k", "Data": "eA==",
				"ApproximateArrivalTimestamp": float64(f.now().Add(-s.records[first]).UnixMilli()) / 1000,
			}}
			out["NextShardIterator"] = fmt.Sprintf("%s|%s|%d|0", parts[0], s.id, first+1)
		}
		return out, nil
	}
	return notFound("Shard %s does not exist", parts[1])
}

func (f *fake) scan(in input) (map[string]any, *awsfake.Refusal) {
	leases, ok := f.tables[in.TableName]
	if !ok {
		return notFound("Requested resource not found: Table: %s not found", in.TableName)
	}
	items := []map[string]map[string]string{}
	after := in.ExclusiveStartKey["leaseKey"]["S"]
	for i, l := range leases {
		if l[0] <= after {
			continue
		}
		items = append(items, map[string]map[string]string{"leaseKey": {"S": l[0]}, "checkpoint": {"S": l[1]}})
		if len(items) == f.page && i < len(leases)-1 {
			return map[string]any{"Items": items, "LastEvaluatedKey": map[string]any{"leaseKey": map[string]string{"S": l[0]}}}, nil
		}
	}
	return map[string]any{"Items": items}, nil
}
