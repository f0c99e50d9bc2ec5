// Package scalerkit is the vocabulary of event-driven autoscaling: what a
// workload is scaled by, and how that is described, opened and read.
//
// Every system that scales workers by what waits for them does three things.
// It measures event sources, decides how many replicas that calls for, and
// carries the decision out. scalerkit keeps them apart:
//
//   - A [Scaler] measures. Each event source has a package below scalers/,
//     such as scalers/redis, which exports Config, New and Driver.
//   - Package autoscale decides, without I/O and without a clock. Package
//     autoscale/control is the loop that reads, decides and carries out.
//   - Package hpa serves readings to Kubernetes' Horizontal Pod Autoscaler.
//   - Package keda makes of KEDA's YAML what these take.
//
// # Opening a Scaler
//
// A program that knows its source calls that package's New with a typed
// Config. A program that is told its sources at run time makes a [Registry] of
// the [Driver] values it wants, or takes package scalers/all, and opens a
// [Spec]: the trigger type, keys and defaults are KEDA's. Opening does no I/O,
// and its error has every problem found, each naming the trigger and the key.
//
// # Reading
//
// [Scaler.Read] gives a [Reading] or an error, and never a number that stands
// for an error. [ReadAll] reads many Scalers, with peers of one source in one
// exchange where the source allows it (see [Batcher]). Scalers that are given
// the same [Pool] share connections.
//
// # Writing a Scaler
//
// Package driver has what an author needs, and scalers/scalertest the suite that
// every driver passes. docs/adding-a-source.md shows how, step by step.
//
// This package imports the standard library only.
package scalerkit
