package shard

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// replicas returns the names of so many members.
func replicas(n int, seed uint64) []string {
	random := rand.New(rand.NewPCG(seed, 0))
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("operator-%x", random.Uint64())
	}
	return names
}

// moved returns how many shards have another owner.
func moved(before, after []string) (n int) {
	for i := range before {
		if before[i] != after[i] {
			n++
		}
	}
	return n
}

func TestEveryMemberHasItsPart(t *testing.T) {
	for _, shards := range []int{1, 2, 3, 7, 16, 48, 240} {
		for n := 1; n <= 20; n++ {
			owners := Assign(replicas(n, uint64(shards)), shards)
			has := make(map[string]int)
			for _, owner := range owners {
				require.NotEmpty(t, owner)
				has[owner]++
			}
			for _, got := range has {
				require.GreaterOrEqual(t, got, shards/n)
				require.LessOrEqual(t, got, (shards+n-1)/n)
			}
			require.Len(t, has, min(n, shards))
		}
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	members := replicas(9, 1)
	want := Assign(members, 48)
	for range 20 {
		rand.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		require.Equal(t, want, Assign(append(members, members[0]), 48), "nor does who is named twice")
	}
}

// What has to move when one of n+1 members goes is what it had, and what a member
// that comes is to have: one part of n+1.
func TestLittleMoves(t *testing.T) {
	const shards, rounds = 48, 50
	for n := 1; n <= 12; n++ {
		total := 0
		for round := range rounds {
			all := replicas(n+1, uint64(100*n+round))
			total += moved(Assign(all, shards), Assign(all[:n], shards))
		}
		least := float64(shards) / float64(n+1)
		require.LessOrEqual(t, float64(total)/rounds, 2.5*least, "of %d members one goes, or comes", n+1)
	}
}

func TestNobody(t *testing.T) {
	require.Equal(t, []string{"", ""}, Assign(nil, 2))
}

// All replicas, of whichever version, have to agree.
func TestTheHashStays(t *testing.T) {
	var got []int
	for i := range 8 {
		got = append(got, Of("shop", fmt.Sprint("orders-", i), 48))
	}
	require.Equal(t, []int{30, 28, 38, 0, 20, 22, 33, 36}, got)
	require.Equal(t, []string{"a", "c", "c", "a", "b", "b"}, Assign([]string{"a", "b", "c"}, 6))
}

func TestObjectsAreSpread(t *testing.T) {
	const shards, objects = 48, 48_000
	count := make([]int, shards)
	for i := range objects {
		count[Of(fmt.Sprint("team-", i%100), fmt.Sprint("worker-", i/100), shards)]++
	}
	require.Greater(t, slices.Min(count), 850)
	require.Less(t, slices.Max(count), 1150)
}
