// Package gcpcloudtasks scales by the number of tasks in a queue of Google's Cloud
// Tasks (KEDA's trigger type gcp-cloudtasks).
//
// # What is read
//
// The newest point of the metric queue/depth in Cloud Monitoring, of the last
// filterDuration minutes: Cloud Tasks tells the depth there only, every minute, and
// up to two minutes later. The time of a reading is that of the point. The tasks
// that are being worked on count. Queues of one name in several locations are told
// apart by nobody: the largest counts, where KEDA takes the one that the service
// lists first. A queue without points is an error, also where KEDA makes a zero of
// it. The permission needed is monitoring.timeSeries.list.
//
// # Connections
//
// Google's API is asked by plain requests over HTTP, which is a fraction of what
// its client library weighs. All triggers with equal Accesses, those of types
// gcp-pubsub and gcp-stackdriver among them, share a client, if they are given the
// same scalerkit.Pool. The queues of a project are one request, whatever their
// number.
//
// # Who asks
//
// An identity of provider "gcp" asks with the default credentials of the process.
// Without it, it is the service account whose key the authentication delivers in
// GoogleApplicationCredentials or an environment variable has that credentialsFromEnv
// names. See docs/identities.md.
package gcpcloudtasks
