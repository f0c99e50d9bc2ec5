package awsfake

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A JSON is a server for fakes of the services that are spoken to in JSON, such
// as Kinesis, DynamoDB and SQS. It checks signatures; what is asked is up to Do.
type JSON struct {
	*httptest.Server
	Keys Keys

	// QueryErrors has what a service called some of the codes of its refusals when
	// it was not yet spoken to in JSON. It still says so, in a header.
	QueryErrors map[string]string

	do func(action string, body []byte) (answer any, refusal *Refusal)
}

// NewJSON starts a JSON that ends with the test. Do is called concurrently, with
// the name of an operation and its input.
func NewJSON(tb testing.TB, do func(action string, body []byte) (answer any, refusal *Refusal)) *JSON {
	s := &JSON{do: do}
	s.Server = httptest.NewServer(s)
	tb.Cleanup(s.Close)
	return s
}

// services has what signatures call the services, and their versions of JSON, by
// the beginning of what requests call them.
var services = []struct{ prefix, name, version string }{
	{"Kinesis", "kinesis", "1.1"},
	{"DynamoDB", "dynamodb", "1.0"}, // and its streams
	{"AmazonSQS", "sqs", "1.0"},
}

// ServeHTTP implements http.Handler.
func (s *JSON) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the connection broke
	}
	target, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	answer, refusal := any(nil), &Refusal{"UnknownOperationException", "the fake does not know " + target}
	for _, service := range services {
		if !strings.HasPrefix(target, service.prefix) {
			continue
		}
		w.Header().Set("Content-Type", "application/x-amz-json-"+service.version)
		if _, refusal = s.Keys.Check(r, body, service.name); refusal == nil {
			answer, refusal = s.do(action, body)
		}
	}
	if refusal != nil {
		if code, ok := s.QueryErrors[refusal.Code]; ok {
			w.Header().Set("X-Amzn-Query-Error", code+";Sender")
		}
		w.WriteHeader(http.StatusBadRequest)
		answer = map[string]string{"__type": refusal.Code, "message": refusal.Message}
	}
	_ = json.NewEncoder(w).Encode(answer) // who does not listen gets no answer
}
