package azurequeue_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/scalerkit/scalerkit/internal/azure/storage/storagetest"
)

// messages are what is in a queue: those that wait, and those being worked on.
type messages struct{ visible, invisible int }

// A fake speaks as much of the Queue service's REST API as it takes to count.
type fake struct {
	*storagetest.Server
	queues map[string]messages
}

func newFake(tb testing.TB) *fake {
	f := &fake{queues: make(map[string]messages)}
	f.Server = storagetest.New(tb, "QueueEndpoint", f.serve)
	return f
}

// set makes a queue with these messages.
func (f *fake) set(queue string, m messages) { f.Do(func() { f.queues[queue] = m }) }

func (f *fake) serve(w http.ResponseWriter, r *http.Request, path string) {
	queue, rest, _ := strings.Cut(path, "/")
	query := r.URL.Query()
	m, exists := f.queues[queue]
	switch n, _ := strconv.Atoi(query.Get("numofmessages")); {
	case !exists:
		storagetest.Refuse(w, http.StatusNotFound, "QueueNotFound")
	case rest == "" && query.Get("comp") == "metadata":
		w.Header().Set("x-ms-approximate-messages-count", strconv.Itoa(m.visible+m.invisible))
	case rest == "messages" && query.Get("peekonly") == "true" && n > 0 && n <= 32:
		const message = "<QueueMessage><MessageId>1</MessageId><MessageText>aGVsbG8=</MessageText></QueueMessage>"
		fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><QueueMessagesList>%s</QueueMessagesList>`, strings.Repeat(message, min(n, m.visible)))
	default:
		storagetest.Refuse(w, http.StatusBadRequest, "InvalidQueryParameterValue")
		_, _ = io.WriteString(w, r.URL.String())
	}
}
