package sharding

import (
	"context"
	"fmt"
	"regexp"
	"testing"
)

// dispatched finds, in the API server's metrics, the requests that were served as the
// chart's FlowSchema says.
var dispatched = regexp.MustCompile(`(?m)^apiserver_flowcontrol_dispatched_requests_total\{flow_schema="[^"]*-leases",priority_level="leader-election"\} [1-9]`)

func TestLeasesAreServedAsThoseOfOtherElections(t *testing.T) {
	r.Await(t, func(ctx context.Context) error {
		metrics, err := r.Client.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
		if err == nil && !dispatched.Match(metrics) {
			err = fmt.Errorf("no Lease was: %q", regexp.MustCompile(`(?m)^apiserver_flowcontrol_dispatched.*`).FindAll(metrics, -1))
		}
		return err
	})
}
