// Package workload reads and sets the replicas of workloads of any kind that
// has a scale subresource.
//
// What is asked in every round is answered from memory. Deployments and
// StatefulSets are watched, cut down by [CacheOptions] to what is read here. Of
// all other kinds only the metadata is watched, which tells when the scale
// subresource has to be read again. What was written is known at once, and not
// only when the watch has caught up.
package workload
