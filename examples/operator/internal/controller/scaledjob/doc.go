// Package scaledjob reconciles ScaledJobs: it has their triggers read by a Runner,
// creates Jobs by them, deletes finished and outdated Jobs, and says in status and
// Events what it does and why.
//
// Only the leader does anything for ScaledJobs. Before it creates Jobs it writes
// into the status which readings they are for, so that whoever comes after it
// does not create them once more.
package scaledjob
