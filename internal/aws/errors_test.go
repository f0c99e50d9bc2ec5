package aws_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws"
)

// describe asks a service that gives the same answer to everything.
func describe(t *testing.T, status int, header http.Header, body string) error {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	defer server.Close()
	account := key()
	account.Region, account.Endpoint = "eu-west-1", server.URL
	session := account.Key().Open(scalerkit.Options{})
	defer session.Close()
	_, err := kinesis.NewFromConfig(session.Config).DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: new(string)})
	require.Error(t, err)
	return session.Explain(err)
}

func TestErrorsSayWhatTheyAre(t *testing.T) {
	refusal := func(code string) string { return fmt.Sprintf(`{"__type":%q,"message":"the message"}`, code) }
	seconds := http.Header{"Retry-After": {"7"}}

	for name, c := range map[string]struct {
		status int
		header http.Header
		body   string
		want   string
		is     error
	}{
		"throttled":                    {400, nil, refusal("ThrottlingException"), "throttled: ThrottlingException: the message", scalerkit.ErrThrottled},
		"throttled, and for how long":  {400, seconds, refusal("LimitExceededException"), "throttled for 7s: LimitExceededException: the message", scalerkit.ErrThrottled},
		"throttled by its status":      {429, nil, "", "throttled: 429 Too Many Requests", scalerkit.ErrThrottled},
		"overloaded, and for how long": {503, seconds, "", "throttled for 7s: 503 Service Unavailable", scalerkit.ErrThrottled},
		"denied":                       {400, nil, refusal("AccessDeniedException"), "access denied: AccessDeniedException: the message", scalerkit.ErrDenied},
		"expired":                      {400, nil, refusal("ExpiredTokenException"), "access denied: ExpiredTokenException: the message", scalerkit.ErrDenied},
		"denied by a proxy":            {403, nil, "<html>no</html>", "access denied: 403 Forbidden", scalerkit.ErrDenied},
		"not found":                    {400, nil, refusal("ResourceNotFoundException"), "not found: ResourceNotFoundException: the message", scalerkit.ErrNotFound},
		"not found by a proxy, which is not the source": {404, nil, "", "404 Not Found", nil},
		"overloaded":       {503, nil, "", "503 Service Unavailable", nil},
		"a failure":        {500, nil, refusal("InternalFailure"), "InternalFailure: the message", nil},
		"redirected":       {302, http.Header{"Location": {"http://127.0.0.1:1/"}}, "", "302 Found", nil},
		"not understood":   {400, nil, refusal("ValidationException"), "ValidationException: the message", nil},
		"out of date":      {400, nil, refusal("RequestExpired"), "RequestExpired: the message", nil},
		"half an answer":   {200, http.Header{"Content-Length": {"100"}}, `{"StreamDescr`, "the answer is not whole: unexpected EOF", nil},
		"a secret signed":  {400, nil, `{"__type":"IncompleteSignatureException","message":"no Authorization=AWS4 Credential=a, Signature=b"}`, "access denied: IncompleteSignatureException: no", scalerkit.ErrDenied},
		"a secret further": {400, nil, `{"__type":"InvalidSignatureException","message":"no\n\ntoken"}`, "access denied: InvalidSignatureException: no", scalerkit.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			err := describe(t, c.status, c.header, c.body)
			require.EqualError(t, err, c.want)
			for _, kind := range []error{scalerkit.ErrThrottled, scalerkit.ErrDenied, scalerkit.ErrNotFound} {
				require.Equal(t, errors.Is(c.is, kind), errors.Is(err, kind), kind)
			}
			require.Equal(t, name == "not understood", aws.IsRejected(err))
		})
	}
}

func TestAThrottledErrorSaysForHowLong(t *testing.T) {
	throttled := new(scalerkit.ThrottledError)
	require.ErrorAs(t, describe(t, 429, http.Header{"Retry-After": {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}}, ""), &throttled)
	require.InDelta(t, time.Hour, throttled.RetryAfter, float64(time.Minute))
}

func TestAServiceThatCannotBeReachedIsNoAnswer(t *testing.T) {
	account := key()
	account.Region, account.Endpoint = "eu-west-1", "http://127.0.0.1:1"
	session := account.Key().Open(scalerkit.Options{})
	_, err := kinesis.NewFromConfig(session.Config).DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: new(string)})
	require.EqualError(t, session.Explain(err), "no answer: dial tcp 127.0.0.1:1: connect: connection refused")
}
