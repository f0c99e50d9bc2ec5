package hpa

import (
	"context"
	"time"
)

// A Request is a request for a metric, as [Provider.Observe] sees it.
type Request struct {
	Namespace, Metric string
	User              string // who asked; see [User]

	Code     int           // of the answer
	Duration time.Duration // until it was written
	Age      time.Duration // with code 200: how long ago the source was read, for the oldest item; 0 if Next answered
	Next     bool          // Next answered
}

type userKey struct{}

// User returns the name of the user on whose behalf the front proxy asks, for
// a request that has passed [FrontProxy.Handler]; otherwise it is empty.
func User(ctx context.Context) string {
	user, _ := ctx.Value(userKey{}).(string)
	return user
}
