// Package control is the control loop around a policy: it reads the triggers of
// workloads, decides how many replicas or jobs there should be, and carries that
// out, over and over.
//
// [Loop] is one workload and how it is scaled. Loop.Run runs one; a [Runner] runs
// thousands, reads the peers of one source in one exchange, spreads the sources
// over the interval and leaves alone those that are down. What decides is an
// [autoscale.Policy], an [autoscale.JobPolicy] or another [autoscale.Decider];
// what is scaled is a [Workload], or [Jobs].
package control
