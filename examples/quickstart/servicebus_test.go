package main

import (
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

func TestServiceBusErrorsTakeOneLine(t *testing.T) {
	for want, err := range map[string]error{
		"Unauthorized (HTTP 401)": &azcore.ResponseError{StatusCode: 401},
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
