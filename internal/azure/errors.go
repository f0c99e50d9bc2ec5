package azure

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/line"
)

// A StatusError is an answer without success.
type StatusError struct {
	Status int
	Detail string // what the service calls it, for example "ContainerNotFound"
}

// Error implements error.
func (e *StatusError) Error() string {
	text := strings.TrimSpace(strconv.Itoa(e.Status) + " " + http.StatusText(e.Status))
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// IsUnauthorized reports whether err says that the service did not know the
// credential, which a new token may mend.
func IsUnauthorized(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Status == http.StatusUnauthorized
}

// Refusal returns the error for an answer without success. The detail must not
// contain a secret.
func Refusal(status int, header http.Header, detail string) error {
	err := &StatusError{status, detail}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
	case http.StatusNotFound:
		return fmt.Errorf("%w: %w", scalerkit.ErrNotFound, err)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return &scalerkit.ThrottledError{RetryAfter: RetryAfter(header, time.Now()), Err: err}
	}
	return err
}

// Classify is the [httpsource.Classify] for Azure's APIs in JSON, which say why
// they refuse a request.
func Classify(status int, header http.Header, body []byte) error {
	var answer struct {
		Error         struct{ Code, Message string }
		Code, Message string // in place of Error, of Azure Monitor and Azure DevOps
	}
	_ = json.Unmarshal(body, &answer) // the status says enough if it is no JSON
	return Refusal(status, header, strings.Trim(cmp.Or(answer.Error.Code, answer.Code)+": "+cmp.Or(answer.Error.Message, answer.Message), ": "))
}

// Explain returns an error of an Azure client in our terms. The original is
// not in the chain where it has more to say than may be printed: what it says
// of a request or an answer may contain the signature or the token.
func Explain(err error) error {
	var refused *azcore.ResponseError
	if errors.As(err, &refused) {
		return Refusal(refused.StatusCode, refused.RawResponse.Header, refused.ErrorCode)
	}
	var noToken *azidentity.AuthenticationFailedError
	if errors.As(err, &noToken) {
		return fmt.Errorf("get a token: %w", explainToken(noToken))
	}
	var noAnswer *url.Error // its text has the URL, and that may have a signature
	if errors.As(err, &noAnswer) {
		return fmt.Errorf("no answer: %w", noAnswer.Err)
	}
	return err
}

// explainToken says why there is no token.
func explainToken(err *azidentity.AuthenticationFailedError) error {
	response := err.RawResponse
	if response == nil {
		return errors.New(line.Of(err.Error()))
	}
	var answer struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if body, err := runtime.Payload(response); err == nil {
		_ = json.Unmarshal(body, &answer) // the status says enough if it is no JSON
	}
	reason, _, _ := strings.Cut(answer.Description, "\n")
	detail := strings.TrimSpace(strings.Trim(answer.Error+": "+strings.TrimSpace(reason), ": "))
	status := &StatusError{response.StatusCode, detail}
	switch response.StatusCode {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		// This is how Entra refuses an identity, the first by RFC 6749.
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, status)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return Refusal(response.StatusCode, response.Header, detail)
	}
	return status // a 404 is not about the source
}

// RetryAfter returns how long the answer asks to wait, 0 if it does not say.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	const most = 24 * time.Hour // so that no number overflows
	for _, h := range []struct {
		name string
		unit time.Duration
	}{
		{"Retry-After-Ms", time.Millisecond},
		{"X-Ms-Retry-After-Ms", time.Millisecond},
		{"Retry-After", time.Second},
	} {
		if n, err := strconv.Atoi(header.Get(h.name)); err == nil && n > 0 {
			return min(time.Duration(min(n, int(most/h.unit)))*h.unit, most)
		}
	}
	if date, err := http.ParseTime(header.Get("Retry-After")); err == nil {
		return min(max(0, date.Sub(now)), most)
	}
	return 0
}
