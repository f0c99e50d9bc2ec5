package awsdynamodb_test

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
)

const (
	keyID     = "AKIASCALERKIT"
	secretKey = "scalerkit-test-secret"
)

// A query is what the fake was asked.
type query struct {
	TableName, IndexName                     string
	KeyConditionExpression, FilterExpression string
	ExpressionAttributeNames                 map[string]string
	ExpressionAttributeValues                map[string]map[string]any
	Select                                   string
	ExclusiveStartKey                        map[string]map[string]string
}

// A fake is an in-process DynamoDB with one table, in which queries find the items of
// whatever the value :k is, on pages.
type fake struct {
	*awsfake.JSON

	mu    sync.Mutex
	pages map[string][]int // how many items are found on each
	seen  []query
}

func newFake(tb testing.TB) *fake {
	f := &fake{pages: make(map[string][]int)}
	f.JSON = awsfake.NewJSON(tb, f.serve)
	f.Keys.Add(awsfake.Key{ID: keyID, Secret: secretKey})
	return f
}

// set makes these the pages of what is found of a key.
func (f *fake) set(key string, pages ...int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pages[key] = pages
}

// queries returns what was asked since the last time.
func (f *fake) queries() []query {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := f.seen
	f.seen = nil
	return seen
}

// serve answers a request. A page begins where the last one has said that it ends.
func (f *fake) serve(action string, body []byte) (any, *awsfake.Refusal) {
	var in query
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &awsfake.Refusal{Code: "SerializationException", Message: err.Error()}
	}
	if action != "Query" {
		return nil, &awsfake.Refusal{Code: "UnknownOperationException", Message: "the fake does not know " + action}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, in)
	key, _ := in.ExpressionAttributeValues[":k"]["S"].(string)
	switch {
	case in.TableName != "orders":
		return nil, &awsfake.Refusal{Code: "ResourceNotFoundException", Message: "Requested resource not found"}
	case key == "busy":
		return nil, &awsfake.Refusal{Code: "ProvisionedThroughputExceededException", Message: "Rate exceeded"}
	}
	pages := f.pages[key]
	at := len(in.ExclusiveStartKey["k"]["S"])
	switch {
	case at < len(pages)-1:
		next := map[string]any{"k": map[string]string{"S": "xxxxxxxxxx"[:at+1]}}
		return map[string]any{"Count": pages[at], "ScannedCount": 100, "LastEvaluatedKey": next}, nil
	case at < len(pages):
		return map[string]any{"Count": pages[at], "ScannedCount": 100}, nil
	}
	return map[string]any{"Count": 0, "ScannedCount": 0}, nil
}
