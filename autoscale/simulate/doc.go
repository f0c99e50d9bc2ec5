// Package simulate plays a policy against a made-up or a recorded world, so that
// it is known what it does before it meets production.
//
// A [Scenario] is that world: messages that arrive, queues, workers that take
// their time to start and to work, and a source that is polled now and then, and
// may fail. [Run] lets a policy scale it and returns a [Result]: how long messages
// waited, what the replicas cost, how soon there were enough of them, and every
// decision with its reasons. Nothing else goes in: no clock is read, chance comes
// from Scenario.Seed, and equal arguments give equal Results.
//
// # Who scales
//
//   - An [autoscale.Policy], or any other [autoscale.Decider], scales by itself in
//     every poll.
//   - A Policy with Delegate goes from zero and back, and an [HPA] does the rest: it
//     looks every Scenario.Sync at what the last poll has published.
//   - A [KEDA] stands for KEDA with the same ScaledObject: it goes from zero to one
//     and back, and an HPA does the rest, reading the source when it looks.
//   - An [autoscale.JobPolicy] creates jobs, by [RunJobs].
//
// # How the world moves
//
// Time goes by in ticks of Scenario.Tick, one second by default. At the begin of
// a tick replicas become ready, and what is due is decided, by what was true
// then. During the tick messages arrive and replicas take them: those that wait
// longest first, of whatever trigger.
//
// Messages of one tick move together, as a cohort: they share the time that it
// takes to work on one of them, which is the mean of as many draws, and they wait
// for whole ticks. A message that takes less than a tick uses up the part of a
// replica's tick that it needs. One that takes longer has a replica for whole
// ticks, as many on average as it needs. So a wait is right to a tick, and a
// percentile of the waits is one of messages and not of cohorts.
//
// A replica that stops takes no more messages. What it works on is finished, and
// keeps one of the replicas that stay from taking others meanwhile.
//
// A source that fails is left alone for a while, as a loop of package control does;
// KEDA tries again each time. Six scenarios are run by such a loop in the tests, and
// come out as they are simulated.
//
// With the same Seed the same messages arrive, whoever scales, and the n-th
// replica to start takes as long to. More replicas then never make a message
// wait longer.
package simulate
