// Package gcpstorage scales by the number of objects in a bucket of Google's Cloud
// Storage (KEDA's trigger type gcp-storage).
//
// # What is counted
//
// The objects whose names begin with blobPrefix, which is taken as it is: a
// delimiter that is meant has to be in it. With blobDelimiter, those only that have
// no delimiter behind the prefix in their names. Empty objects, such as those that
// stand for folders, do not count.
//
// The service does not tell how many objects there are: it lists them, 1,000 in an
// answer. Counting stops at maxBucketItemsToScan, best the target times the most
// replicas, and the reading then means "at least". As by KEDA, a bucket that does
// not exist counts as 0, which a note on the reading says; that it must not be
// listed is an error. The permission needed is storage.objects.list.
//
// # Connections
//
// Google's API is asked by plain requests over HTTP, which is a fraction of what
// its client library weighs. Triggers with equal Accesses share a client, if they
// are given the same scalerkit.Pool. Buckets are listed side by side, up to 16 at
// a time, and equal lists are asked for once.
//
// # Who asks
//
// An identity of provider "gcp" asks with the default credentials of the process.
// Without it, it is the service account whose key the authentication delivers in
// GoogleApplicationCredentials or an environment variable has that credentialsFromEnv
// names. See docs/identities.md.
package gcpstorage
