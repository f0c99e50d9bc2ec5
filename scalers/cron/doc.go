// Package cron calls for a number of replicas while a window is open, between
// the times of two cron expressions. No source is contacted.
//
// The window is open while the next thing to happen is its end: from Start to
// End, also over midnight, and however the two expressions come round. If Start
// comes twice in a row, the window opens the second time, and if End does, that
// is when it closes. Expressions that come at the same times, and one that never
// comes, such as 30 February, are errors: KEDA's window would be open for ever.
//
// # Replicas
//
// The value while the window is open is DesiredReplicas, with a target of 1, and
// so is the Limit of the reading: at 22 of 24 replicas, the tolerance of a policy
// does not keep the workload there. Other triggers may ask for more.
//
// # Clocks and time zones
//
// What an hour skips that is left out when clocks are put forward, happens when
// they are: a window from 02:30 to 06:00 then opens at 03:00. With KEDA it would
// be open since the last end, a day long. What is in an hour that comes twice
// happens twice, as with KEDA. So a window from 22:00 to 02:30 lasts until the
// second 02:30, as an end comes next until then, and one from 02:30 to 06:00
// opens at the second.
//
// Time zones are those of the system. A program that may run where there are
// none, as in a container with nothing else in it, imports time/tzdata, which
// makes it 450 KB larger. This package does not: most who use it need not.
//
// # Dependencies
//
// Expressions are parsed by github.com/robfig/cron/v3, KEDA's parser and that of
// Kubernetes' CronJobs: what is written for these means the same here, and not what
// a fork has made of it. Its faults are kept away from it: the panic over a time
// zone that nothing follows, and how it counts hours when clocks are changed.
package cron
