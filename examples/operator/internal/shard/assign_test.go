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
			owners := Assign(replicas(n, uint64(shards)), make([]string, shards))
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
	want := Assign(members, make([]string, 48))
	for range 20 {
		rand.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		require.Equal(t, want, Assign(append(members, members[0]), make([]string, 48)), "nor does who is named twice")
	}
}

// What moves when one of n+1 members goes is what it had, and what a member that comes is
// to have: one part of n+1.
func TestLittleMoves(t *testing.T) {
	const shards = 48
	for n := 1; n <= 12; n++ {
		for round := range 50 {
			all := replicas(n+1, uint64(100*n+round))
			before := Assign(all, make([]string, shards))
			gone := Assign(all[:n], before)
			for s, owner := range before {
				if owner != all[n] {
					require.Equal(t, owner, gone[s], "it stays with who has it")
				}
			}
			back := Assign(all, gone)
			most := (shards + n) / (n + 1)
			require.LessOrEqual(t, moved(gone, back), most, "what the %d other members have too much of", n)
			require.Equal(t, back, Assign(all, back), "nothing moves by itself")
		}
	}
}

func TestNobody(t *testing.T) {
	require.Equal(t, []string{"", ""}, Assign(nil, []string{"a", ""}))
}

// All replicas, of whichever version, have to agree.
func TestTheHashStays(t *testing.T) {
	var got []int
	for i := range 8 {
		got = append(got, Of("shop", fmt.Sprint("orders-", i), 48))
	}
	require.Equal(t, []int{30, 28, 38, 0, 20, 22, 33, 36}, got)
	require.Equal(t, []string{"a", "c", "c", "a", "b", "b"}, Assign([]string{"a", "b", "c"}, make([]string, 6)))
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
