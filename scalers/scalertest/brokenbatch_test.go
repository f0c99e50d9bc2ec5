package scalertest_test

import (
	"context"
	"slices"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/pool"
)

var brokenBatches = []broken{
	{
		name: "has the batch in another order",
		driver: alterResults(func(results []scalerkit.Result) []scalerkit.Result {
			slices.Reverse(results)
			return results
		}),
		caught: map[string]string{"BatchEqualsSingleReads": "in the batch, but alone"},
	},
	{
		name: "drops one of the batch",
		driver: alterResults(func(results []scalerkit.Result) []scalerkit.Result {
			return results[1:]
		}),
		caught: map[string]string{"BatchEqualsSingleReads": "ReadBatch of 14 peers gave 13 results"},
	},
	{
		name: "reads each thing once",
		driver: alterBatch(func(good batchFunc) batchFunc {
			return func(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
				results := good(ctx, peers)
				seen := make(map[string]bool)
				for i, p := range peers {
					name := p.(*altered).config.Name
					if seen[name] {
						results[i].Reading.Value = 0
					}
					seen[name] = true
				}
				return results
			}
		}),
		caught: map[string]string{"BatchEqualsSingleReads": "trigger 13: {Value:0"},
	},
	{
		name: "has the activation of whoever leads the batch",
		driver: alter(func(a *altered) {
			good := a.batch
			a.batch = func(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
				results := good(ctx, peers)
				for i := range results {
					results[i].Reading.Activity = scalerkit.Inactive
					if results[i].Reading.Value > a.Metric().Activation {
						results[i].Reading.Activity = scalerkit.Active
					}
				}
				return results
			}
		}),
		caught: map[string]string{"BatchEqualsSingleReads": "trigger 13: {Value:120 Activity:active"},
	},
	{
		name: "fails the batch for one",
		driver: alterResults(func(results []scalerkit.Result) []scalerkit.Result {
			i := slices.IndexFunc(results, func(r scalerkit.Result) bool { return r.Err != nil })
			if i < 0 {
				return results
			}
			return slices.Repeat(results[i:i+1], len(results))
		}),
		caught: map[string]string{
			"OneFailureInABatchIsOneFailure": "not found; want 7",
			"ClosedPeerDisturbsNobody":       "scaler is closed; want 1",
		},
	},
	{
		name: "gives the batch up with its leader",
		driver: alter(func(a *altered) {
			a.batch = func(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
				results, err := pool.Use(ctx, a.conn, func(ctx context.Context, c *conn) ([]scalerkit.Result, error) {
					return levels(ctx, c, toys(goodPeers(peers)))
				})
				if err != nil {
					return slices.Repeat([]scalerkit.Result{{Err: err}}, len(peers))
				}
				for i, p := range peers {
					if p.(*altered).conn.IsClosed() {
						results[i] = scalerkit.Result{Err: scalerkit.ErrClosed}
					}
				}
				return results
			}
		}),
		caught: map[string]string{"ClosedPeerDisturbsNobody": "trigger 1: {Value:0"},
	},
	{
		name: "answers zero for those that the batch failed for",
		driver: alterResults(func(results []scalerkit.Result) []scalerkit.Result {
			for i, r := range results {
				if r.Err != nil {
					results[i] = scalerkit.Result{Reading: scalerkit.Reading{Time: time.Now()}}
				}
			}
			return results
		}),
		caught: map[string]string{
			"OutageFailsTheWholeBatch":     "an outage: read {Value:0",
			"HalfABatchIsNeverAWrongLevel": "read {Value:0",
		},
	},
	{
		name: "ignores the context of the batch",
		driver: alterBatch(func(good batchFunc) batchFunc {
			return func(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
				return good(context.WithoutCancel(ctx), peers)
			}
		}),
		caught: map[string]string{"CancelledBatchReturns": "ReadBatch did not return"},
	},
}

// alterResults returns the good driver with something done to the Results of
// its batches.
func alterResults(change func([]scalerkit.Result) []scalerkit.Result) scalerkit.Driver {
	return alterBatch(func(good batchFunc) batchFunc {
		return func(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
			return change(good(ctx, peers))
		}
	})
}
