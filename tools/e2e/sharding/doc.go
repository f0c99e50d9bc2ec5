// Package sharding is tests of several replicas of the operator that share the
// objects: that each has its part of them, and what becomes of the part of one that
// is killed, stands still or is cut off.
package sharding
