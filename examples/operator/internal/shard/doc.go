// Package shard lets several replicas of the operator share the objects that they
// look after. An object is in one of a fixed number of shards by its name, and a
// shard is with one replica at a time.
//
// # Leases
//
// Each replica has a Lease that it renews, and is alive as long as it does. Each
// shard has a Lease that says with whom it is; nobody renews it, so many shards
// cost no more than few. A shard is as long with a replica as that is alive.
//
// Which replica is to have which shard follows from who is alive: see [Assign].
// A replica that has a shard which is to be another's gives it away once what it
// writes for the shard's objects is written; and takes one that is to be its own
// once it is free, or whoever had it has not renewed its Lease for as long as that
// is good for. Of two that take a shard at once the API server lets one. When to look at
// the Leases follows from a watch, and from when the next one ends.
//
// # Writing
//
// What a replica writes for an object passes a [Guard], which asks whether the
// object's shard is still with it: since when it was last renewed less time has
// passed, by the clock on the wall and by the one that never goes back, than
// others wait before they take a shard. A replica that stood still for longer has
// lost everything, and its connections with the API server are cut, so that
// nothing goes out that waited there. To have a shard again it takes it again, as
// any other would.
package shard
