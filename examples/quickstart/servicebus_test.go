package main

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/scalerkit/scalerkit"
)

// newServiceBroker returns the broker of a namespace that ends with the test.
func newServiceBroker(t *testing.T) (*namespace, broker) {
	n := newNamespace(t)
	b, err := openServiceBus(t.Context(), scalerkit.NewSecret(n.connection()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return n, b
}

func TestQueuesThatNobodyDeletesExpire(t *testing.T) {
	n, _ := newServiceBroker(t)
	want := queueProperties{AutoDeleteOnIdle: "PT1H", MaxDeliveryCount: 1000}
	if !slices.Equal(n.made, []queueProperties{want, want}) {
		t.Errorf("queues were made with %v", n.made)
	}
}

func TestMessagesThatTakeMoreThanOneBatch(t *testing.T) {
	_, b := newServiceBroker(t)
	want := []string{strings.Repeat("a", 600_000), strings.Repeat("b", 600_000), strings.Repeat("c", 600_000)}
	if err := b.Publish(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, err := b.TakeRest(t.Context())
	slices.Sort(got) // several are taken at once, in whatever order
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%d messages, %v", len(got), err)
	}
}

func TestAMessageThatIsGivenBackIsTakenAgain(t *testing.T) {
	_, b := newServiceBroker(t)
	if err := b.Publish(t.Context(), []string{"one"}); err != nil {
		t.Fatal(err)
	}
	h, err := b.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for range 2 {
		if m, ok, err := h.Take(); m != "one" || !ok || err != nil {
			t.Fatal(m, ok, err)
		}
		if err := h.GiveBack(); err != nil {
			t.Fatal(err)
		}
	}
	if m, ok, err := h.Take(); m != "one" || !ok || err != nil {
		t.Fatal(m, ok, err)
	}
	if err := h.Finish("eno"); err != nil {
		t.Fatal(err)
	}
	if results, err := b.TakeResults(t.Context()); err != nil || !slices.Equal(results, []string{"eno"}) {
		t.Errorf("results %q, %v", results, err)
	}
	if _, ok, err := h.Take(); ok || err != nil {
		t.Errorf("the queue is not empty: %v", err)
	}
}

func TestServiceBusErrorsTakeOneLine(t *testing.T) {
	for want, err := range map[string]error{
		"Unauthorized (HTTP 401)": &azcore.ResponseError{StatusCode: 401},
		"Forbidden (HTTP 403)":    &azcore.ResponseError{StatusCode: 403, ErrorCode: "403"},
		"MessagingGatewayTooManyRequests (HTTP 429)": fmt.Errorf("create: %w",
			&azcore.ResponseError{StatusCode: 429, ErrorCode: "MessagingGatewayTooManyRequests"}),
		"no such host":          &url.Error{Op: "Put", URL: "https://one.example/queue", Err: errors.New("no such host")},
		"amqp: link: not found": errors.New("amqp: link:\n\tnot found\n"),
	} {
		if got := oneLine(err); got.Error() != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if err := oneLine(nil); err != nil {
		t.Error(err)
	}
}
