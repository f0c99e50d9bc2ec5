package aws

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/line"
)

// A ServiceError is the answer of a service that refused a request. It does
// not wrap the SDK's own error, whose text may repeat what was signed.
type ServiceError struct {
	Code    string // empty if whoever answered was not the service
	Message string
	Status  int
}

// Error implements error.
func (e *ServiceError) Error() string {
	switch {
	case e.Code == "":
		return strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status)))
	case e.Message == "":
		return e.Code
	}
	return e.Code + ": " + e.Message
}

// IsRejected reports whether a service found fault with what was asked, so
// that it will refuse the same again.
func IsRejected(err error) bool {
	refused := new(ServiceError)
	if !errors.As(err, &refused) || refused.Status != http.StatusBadRequest || refused.Code == "" {
		return false
	}
	_, misunderstood := misunderstood[refused.Code]
	return !misunderstood &&
		!errors.Is(err, scalerkit.ErrDenied) && !errors.Is(err, scalerkit.ErrThrottled) && !errors.Is(err, scalerkit.ErrNotFound)
}

// misunderstood has the codes of a service, or of a stand-in, that did not get
// as far as looking at what was asked.
var misunderstood = codes("InvalidAction", "MalformedQueryString", "RequestExpired", "RequestTimeTooSkewed",
	"SerializationException", "UnknownOperationException")

// Explain returns the error of a request in few words and without secrets. It
// wraps scalerkit.ErrDenied or ErrNotFound or a ThrottledError if the service
// answered so. Credentials that were refused are not used again.
func (s *Session) Explain(err error) error {
	err = explain(err)
	if errors.Is(err, scalerkit.ErrDenied) {
		s.Forget()
	}
	return err
}

func explain(err error) error {
	if own := new(credentialsError); errors.As(err, &own) {
		return own
	}
	response := new(smithyhttp.ResponseError)
	answered := errors.As(err, &response) && response.Response != nil
	if answered && response.HTTPStatusCode() >= http.StatusMultipleChoices {
		return classify(serviceError(err, response.HTTPStatusCode()), response.Response.Header)
	}
	if half := new(smithy.DeserializationError); answered && errors.As(err, &half) {
		cause := half.Err
		if errors.Is(cause, io.ErrUnexpectedEOF) {
			cause = io.ErrUnexpectedEOF // which some versions of the SDK have in words of their own
		}
		return fmt.Errorf("the answer is not whole: %w", cause)
	}
	if e := new(url.Error); errors.As(err, &e) {
		return fmt.Errorf("no answer: %w", e.Err) // the URL has nothing to say
	}
	return err
}

func serviceError(err error, status int) *ServiceError {
	refusal := &ServiceError{Status: status}
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "UnknownError" {
		refusal.Code, refusal.Message = api.ErrorCode(), excerpt(api.ErrorMessage())
	}
	return refusal
}

// excerpt returns the part of a message that is for people: after it, services
// repeat the request that was signed, with session token and signature.
func excerpt(message string) string {
	const most = 300 // bytes
	message, _, _ = strings.Cut(strings.TrimSpace(message), "\n")
	message, _, _ = strings.Cut(message, "Authorization=")
	return line.Cut(strings.TrimSpace(message), most)
}

// throttled has the codes by which a service asks for fewer requests, besides
// those that the SDK knows.
var throttled = codes("LimitExceeded", "LimitExceededFault", "TooManyRequests", "KMSThrottlingException")

var denied = codes("AccessDenied", "AccessDeniedException", "AuthFailure", "ExpiredToken", "ExpiredTokenException",
	"IDPRejectedClaim", "IncompleteSignature", "IncompleteSignatureException", "InvalidAccessKeyId", "InvalidClientTokenId",
	"InvalidIdentityToken", "InvalidSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
	"NotAuthorized", "OptInRequired", "SignatureDoesNotMatch", "UnauthorizedOperation", "UnrecognizedClientException")

var notFound = codes("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "ResourceNotFound", "ResourceNotFoundException")

func codes(list ...string) map[string]struct{} {
	set := make(map[string]struct{}, len(list))
	for _, code := range list {
		set[code] = struct{}{}
	}
	return set
}

func classify(refusal *ServiceError, header http.Header) error {
	is := func(set map[string]struct{}) bool {
		_, ok := set[refusal.Code]
		return ok
	}
	wait := retryAfter(header.Get("Retry-After"), time.Now())
	switch {
	case is(retry.DefaultThrottleErrorCodes), is(throttled), refusal.Status == http.StatusTooManyRequests,
		refusal.Status == http.StatusServiceUnavailable && wait > 0:
		return &scalerkit.ThrottledError{RetryAfter: wait, Err: refusal}
	case is(notFound):
		return fmt.Errorf("%w: %w", scalerkit.ErrNotFound, refusal)
	case is(denied), refusal.Status == http.StatusUnauthorized, refusal.Status == http.StatusForbidden:
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, refusal)
	}
	return refusal
}

// retryAfter reads a Retry-After header, which is a number of seconds or a
// date. It returns 0 if there is none to be understood.
func retryAfter(header string, now time.Time) time.Duration {
	const most = 24 * time.Hour // so that no number overflows
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(max(0, min(seconds, int(most/time.Second)))) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return min(max(0, date.Sub(now)), most)
	}
	return 0
}

// A credentialsError says why there are no credentials. The SDK wraps it in
// words of its own, which it makes superfluous.
type credentialsError struct{ err error }

func noCredentials(err error) error { return &credentialsError{explainCall(err)} }

func (e *credentialsError) Error() string { return "no credentials: " + e.err.Error() }

func (e *credentialsError) Unwrap() error { return e.err }

// explainCall is explain with the name of the request, for those that nobody
// asked for by name.
func explainCall(err error) error {
	if own := new(credentialsError); errors.As(err, &own) {
		return own.err
	}
	call := new(smithy.OperationError)
	for inner := err; errors.As(inner, &call); inner = call.Err {
		err = call
	}
	switch call.ServiceID {
	case "":
		return explain(err)
	case "ec2imds": // the last resort of the chain
		return fmt.Errorf("the process has none in its environment, and from the machine: %w", explain(call.Err))
	}
	return fmt.Errorf("%s %s: %w", call.ServiceID, call.OperationName, explain(call.Err))
}
