package awssqs_test

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
)

const (
	keyID     = "AKIASCALERKIT"
	secretKey = "scalerkit-test-secret"

	visible  = "ApproximateNumberOfMessages"
	inFlight = "ApproximateNumberOfMessagesNotVisible"
	delayed  = "ApproximateNumberOfMessagesDelayed"
)

// A fake is an in-process SQS that tells the attributes of queues.
type fake struct {
	*awsfake.JSON

	mu        sync.Mutex
	queues    map[string]map[string]string // attributes by name
	throttled map[string]bool
	seen      []string // the queue URLs that were asked about
}

func newFake(tb testing.TB) *fake {
	f := &fake{queues: make(map[string]map[string]string), throttled: make(map[string]bool)}
	f.JSON = awsfake.NewJSON(tb, f.serve)
	f.JSON.QueryErrors = map[string]string{"QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue"}
	f.Keys.Add(awsfake.Key{ID: keyID, Secret: secretKey})
	return f
}

// set makes these the messages of a queue.
func (f *fake) set(queue string, waiting, received, late int) {
	f.tell(queue, map[string]string{visible: strconv.Itoa(waiting), inFlight: strconv.Itoa(received), delayed: strconv.Itoa(late)})
}

// tell makes these the attributes of a queue.
func (f *fake) tell(queue string, attributes map[string]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queues[queue] = attributes
}

// throttle refuses all requests about a queue.
func (f *fake) throttle(queue string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.throttled[queue] = true
}

// requests returns the queue URLs that were asked about since the last time, in
// the order of the alphabet.
func (f *fake) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := f.seen
	f.seen = nil
	slices.Sort(seen)
	return seen
}

// serve answers a request.
func (f *fake) serve(action string, body []byte) (any, *awsfake.Refusal) {
	var in struct {
		QueueURL       string `json:"QueueUrl"`
		AttributeNames []string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &awsfake.Refusal{Code: "SerializationException", Message: err.Error()}
	}
	if action != "GetQueueAttributes" {
		return nil, &awsfake.Refusal{Code: "UnknownOperationException", Message: "the fake does not know " + action}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, in.QueueURL)
	name := path.Base(in.QueueURL)
	if f.throttled[name] {
		return nil, &awsfake.Refusal{Code: "RequestThrottled", Message: "Rate exceeded"}
	}
	attributes, ok := f.queues[name]
	if !ok {
		return nil, &awsfake.Refusal{Code: "QueueDoesNotExist", Message: "The specified queue does not exist."}
	}
	asked := maps.Clone(attributes)
	maps.DeleteFunc(asked, func(name, _ string) bool { return !slices.Contains(in.AttributeNames, name) })
	return map[string]any{"Attributes": asked}, nil
}
