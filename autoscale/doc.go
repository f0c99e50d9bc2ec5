// Package autoscale decides how many replicas a workload should have, from
// readings of event sources.
//
// # Measure, decide, carry out
//
// Readings come from Scalers; the number goes to whatever runs the workload.
// Between them stands [Policy.Decide], a pure function: it reads no clock, logs
// nothing and keeps nothing. What one decision has to know of those before it
// is in [State], which goes in as part of the [Input] and comes out as part of
// the [Decision]. It is plain data: an operator keeps it in a status, a test
// writes it as a literal, and a restart forgets nothing.
//
// A Decision comes with its reasons, as a chain of Steps from the replicas
// that there are to those that there should be. Decision.String has a line for
// each:
//
//	Metric orders: 10 -> 24: 120 / 5 per replica = 24
//	ScaleUpLimit: 24 -> 20: 100% in 15s allows 20
//
// # The rules, in order
//
//  1. Each trigger calls for a number of replicas. The highest counts.
//     A trigger that fails holds: it may call for any number, so others can
//     raise the workload but not lower it. Policy.OnError and Policy.Fallback
//     say otherwise. With Policy.Combine, one value takes the place of all.
//     A reading with a Limit calls for no more replicas than find work at its
//     source, and with Even for a number that divides it. There the tolerance
//     does not apply: replicas that are missing would be missing for ever. A
//     formula gets no more than Limit × target.
//  2. The workload is active if a trigger is. Whether it is, is unknown while
//     a trigger fails and no other is active; nothing is then activated or
//     deactivated.
//  3. An active workload at zero, or below Min with Policy.Idle, goes at once
//     to the number that is called for, and at least to one and to Min.
//  4. An inactive workload goes to Idle, or to zero if Min is 0, as soon as
//     the cooldown is over; with Policy.Gradual by and by. Time in which that
//     was not known counts for no cooldown, nor does the time before the first
//     decision.
//  5. In all other cases the number goes through what the HPA does: replicas
//     outside Min and Max go back there at once; otherwise come windows
//     (ScaleUpStabilized, ScaleDownStabilized), rate limits (ScaleUpLimit,
//     ScaleDownLimit) and bounds (TooManyReplicas, TooFewReplicas). The lower
//     bound is at least 1. With Policy.Delegate the HPA itself does all of this
//     but the return into the bounds.
//  6. Pausing has the last word.
//
// # What is the HPA's
//
// The arithmetic of both kinds of targets in thousandths, tolerance, maximum
// over the triggers, no scaling down with a failing trigger, windows, limits
// and bounds agree with the HPA of Kubernetes 1.37: generated cases are
// compared with its own controller. What differs:
//
//   - Both directions always have a Behavior. An HPA without one has older
//     rules for scaling up: at each sync to twice the replicas or to 4, and on
//     to the highest recommendation of its window though that is over. HPA of
//     package simulate has these.
//   - The current replicas are those that the workload is told to have; the
//     HPA divides by those that exist for a PerReplica target.
//   - With a Total target and replicas that are not ready, the HPA can scale
//     down on a reading above its target and up on one below it. Here it then
//     stays (Direction), as the HPA does with metrics of pods: more load never
//     means fewer replicas.
//   - Above a Total target no more replicas are multiplied than there should
//     be. While a rollout has more of them ready, the HPA takes these for those
//     that bear the load, and goes too high. With Policy.Delegate, Triggers have
//     the HPA's number.
//   - What is held for a trigger that fails counts in the windows. With the HPA,
//     a window may end meanwhile, and the first reading takes all replicas away.
//   - Limit, Even and Target are the source's, and the HPA knows nothing of them.
//     What package hpa tells it comes to the same with an upward tolerance of 0.
//   - A Window or a Period that is made longer begins with what the shorter
//     one still had to know. The HPA happens to remember more.
//   - A number that 32 bits cannot hold is the largest that they can. In the
//     HPA it may become negative: a limit of 2147483647 pods lets none pass.
//   - Pause.In and Pause.Out hold outside Min and Max too. A Behavior that is
//     Disabled does not, as in the HPA.
//
// # What is KEDA's
//
// Zero, Idle, both cooldowns, fallback, formulas and pausing, with these
// differences:
//
//   - From zero the workload goes straight to the number that is called for.
//     KEDA goes to 1, and the HPA from there by its limits.
//   - A workload counts as active with one active trigger, whatever becomes of
//     the others, and that renews the cooldown. A formula is evaluated without
//     the triggers that fail.
//   - A failure is counted once for each decision.
//   - A fallback is exactly the number that it says, for every kind of target
//     and any formula. With 0 it never stops a workload.
//   - A formula that gives a negative number, an infinite one or none is an
//     error.
//
// # Jobs
//
// [JobPolicy] is the policy for work that runs as Jobs.
//
// # The loop around it
//
// Package control, below this one, reads the triggers of workloads, decides and
// carries out, over and over. Package simulate does so in a world of its own, to test
// a policy.
package autoscale
