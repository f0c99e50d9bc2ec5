package hpa

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// retryAfter is what whoever asks for an unknown value is told to wait.
const retryAfter = 5 * time.Second

// failure returns the Status of a request that is not answered.
func failure(code int, reason metav1.StatusReason, format string, args ...any) *metav1.Status {
	return &metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure,
		Code:     int32(code),
		Reason:   reason,
		Message:  fmt.Sprintf(format, args...),
	}
}

func notFound(format string, args ...any) *metav1.Status {
	return failure(http.StatusNotFound, metav1.StatusReasonNotFound, format, args...)
}

func badRequest(format string, args ...any) *metav1.Status {
	return failure(http.StatusBadRequest, metav1.StatusReasonBadRequest, format, args...)
}

func unavailable(format string, args ...any) *metav1.Status {
	s := failure(http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, format, args...)
	s.Details = &metav1.StatusDetails{RetryAfterSeconds: int32(retryAfter.Seconds())}
	return s
}

func notAllowed(method string) *metav1.Status {
	return failure(http.StatusMethodNotAllowed, metav1.StatusReasonMethodNotAllowed, "%s is not allowed: there is only GET", method)
}

func notAcceptable(offers ...media) *metav1.Status {
	names := make([]string, len(offers))
	for i, offer := range offers {
		names[i] = offer.String()
	}
	return failure(http.StatusNotAcceptable, metav1.StatusReasonNotAcceptable, "Accept: there is only %s", strings.Join(names, " and "))
}
