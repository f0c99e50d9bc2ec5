package shard

import (
	"cmp"
	"slices"
	"strconv"
)

// Of returns the shard, from 0 to shards-1, that the object with that name is in.
func Of(namespace, name string, shards int) int {
	return int(hash(namespace, "/", name) % uint64(shards))
}

// Assign returns for each shard the member that is to have it. Who holds it keeps it:
// holders has with whom each shard is, empty or no member for nobody. Others go to the
// member with the highest hash of both, but for members that have their part of the
// shards by then; so do those that a member holds beyond its part, of which it keeps the
// ones with the highest hash. So each member has as many as any other or one more, and
// when a member comes or goes, only what it is to have or has had moves. The order of
// the members does not matter. Without members the names are empty.
func Assign(members, holders []string) []string {
	shards := len(holders)
	owners := make([]string, shards)
	members = slices.Compact(slices.Sorted(slices.Values(members)))
	if len(members) == 0 {
		return owners
	}
	type pair struct {
		score         uint64
		shard, member int
	}
	pairs := make([]pair, 0, shards*len(members))
	for s := range shards {
		for m, member := range members {
			pairs = append(pairs, pair{hash(member, "/", strconv.Itoa(s)), s, m})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.shard, b.shard), cmp.Compare(a.member, b.member))
	})
	held := slices.DeleteFunc(slices.Clone(pairs), func(p pair) bool { return holders[p.shard] != members[p.member] })
	part, more := shards/len(members), shards%len(members) // so many members have one more
	has := make([]int, len(members))
	for _, p := range append(held, pairs...) {
		switch {
		case owners[p.shard] != "" || has[p.member] > part:
			continue
		case has[p.member] == part && more == 0:
			continue
		case has[p.member] == part:
			more--
		}
		owners[p.shard] = members[p.member]
		has[p.member]++
	}
	return owners
}

// hash is the same in every process: FNV-1a, whose bits are mixed once more since
// those of short texts that differ in the last letter only hardly do.
func hash(texts ...string) uint64 {
	h := uint64(14695981039346656037)
	for _, text := range texts {
		for i := range len(text) {
			h = (h ^ uint64(text[i])) * 1099511628211
		}
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
