package sharding

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
)

// manifest is a Deployment and the ScaledObject that scales it by the list of its
// name: one replica for five messages.
const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s}
spec:
  replicas: 0
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      containers: [{name: main, image: "example.com/worker:1"}]
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: %[1]s
  annotations: {scalerkit.dev/mode: %[2]s}
spec:
  scaleTargetRef: {name: %[1]s}
  pollingInterval: 2
  cooldownPeriod: 5
  triggers:
  - type: redis
    metadata: {address: %[3]q, listName: %[1]q, listLength: "5"}
    authenticationRef: {name: redis}
---
`

// Workers are the objects of a test. Those that burst are scaled by the operator
// itself; those that are steady by HPAs, which ask for lists that stay as they are.
type workers struct {
	namespace string
	burst     []string
	steady    map[string]int64 // lengths of lists
}

// appliers is how many apply the objects of a test side by side.
const appliers = 8

func newWorkers(t *testing.T) *workers {
	w := &workers{namespace: r.Namespace(t), steady: make(map[string]int64)}
	require.NoError(t, r.Redis.Client.FlushDB(t.Context()).Err())
	r.Apply(t, w.namespace, broker.Authentication(r.Redis.Password))
	var manifests [appliers]string
	for i := range *objects {
		name, mode := fmt.Sprint("worker-", i), "direct"
		if i%4 == 0 {
			mode = "hpa"
			w.steady[name] = int64(1 + i%5)
			push(t, int(w.steady[name]), name)
		} else {
			w.burst = append(w.burst, name)
		}
		manifests[i%appliers] += fmt.Sprintf(manifest, name, mode, r.Redis.Address)
	}
	var applying errgroup.Group
	for _, text := range manifests {
		applying.Go(func() error { return r.TryApply(t, w.namespace, text) })
	}
	require.NoError(t, applying.Wait())
	return w
}

// push adds so many messages to lists.
func push(t *testing.T, n int, lists ...string) {
	t.Helper()
	pipe := r.Redis.Client.Pipeline()
	for _, list := range lists {
		for range n {
			pipe.RPush(t.Context(), list, "message")
		}
	}
	_, err := pipe.Exec(t.Context())
	require.NoError(t, err)
}

// awaitReplicas returns when all that burst are to have so many replicas. It looks the
// less often the more they are, or the API server has nothing else to do.
func (w *workers) awaitReplicas(t *testing.T, want int32) {
	t.Helper()
	pause := time.Duration(len(w.burst)) * time.Millisecond
	r.Await(t, func(ctx context.Context) error {
		time.Sleep(pause)
		list, err := r.Client.AppsV1().Deployments(w.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		var other []string
		for i := range list.Items {
			if d := &list.Items[i]; w.steady[d.Name] == 0 && *d.Spec.Replicas != want {
				other = append(other, fmt.Sprintf("%s has %d", d.Name, *d.Spec.Replicas))
			}
		}
		if len(other) > 0 {
			return fmt.Errorf("%d do not have %d replicas: %s", len(other), want, strings.Join(other, ", "))
		}
		return nil
	})
}

var scaledObject = regexp.MustCompile(`(?m)^keda_scaler_metrics_value\{.*scaledObject="([^"]+)"`)

// readBy returns the objects that a replica reads, by what it says itself.
func readBy(ctx context.Context, replica *replica) (names []string, err error) {
	text, err := replica.Metrics(ctx)
	for _, found := range scaledObject.FindAllStringSubmatch(text, -1) {
		names = append(names, found[1])
	}
	return names, err
}

// awaitShares returns when each replica has its part of the shards, and all objects are
// read, each by one replica.
func (w *workers) awaitShares(t *testing.T) {
	t.Helper()
	r.Await(t, func(ctx context.Context) error {
		if err := haveParts(ctx); err != nil {
			return err
		}
		var all []string
		var shares []int
		for _, replica := range fleet {
			names, err := readBy(ctx, replica)
			if err != nil {
				return err
			}
			all = append(all, names...)
			shares = append(shares, len(names))
		}
		slices.Sort(all)
		if unique := slices.Compact(slices.Clone(all)); slices.Min(shares) == 0 || len(unique) != len(all) || len(all) != *objects {
			return fmt.Errorf("of %d objects the replicas read %v", *objects, shares)
		}
		return nil
	})
}

// haveParts says why not each replica has its part of the shards.
func haveParts(ctx context.Context) error {
	leases, err := r.Client.CoordinationV1().Leases(r.Installation.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	has := make(map[string]int)
	for i := range leases.Items {
		if l := &leases.Items[i]; strings.Contains(l.Name, "-shard-") {
			has[ptr.Deref(l.Spec.HolderIdentity, "")]++
		}
	}
	for holder, n := range has {
		if n != shards/len(fleet) {
			return fmt.Errorf("%q has %d of %d shards", holder, n, shards)
		}
	}
	return nil
}

var command = regexp.MustCompile(`\[\d+ ([^\]]+)\] "llen" "([^"]+)"`)

// monitor returns a line for each command that Redis is given from now on.
func monitor(t *testing.T) *bufio.Scanner {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.Redis.Address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = fmt.Fprintf(conn, "AUTH %s\r\nMONITOR\r\n", r.Redis.Password)
	require.NoError(t, err)
	return bufio.NewScanner(conn)
}

// TestEachReadsItsPart counts readings where they are made.
func TestEachReadsItsPart(t *testing.T) {
	w := newWorkers(t)
	w.awaitShares(t)
	lines := monitor(t)
	by := make(map[string]map[string]int) // readings of lists by the client
	for seen := 0; seen < 3**objects; {
		require.True(t, lines.Scan(), lines.Err())
		found := command.FindStringSubmatch(strings.ToLower(lines.Text()))
		if found == nil {
			continue
		}
		if by[found[1]] == nil {
			by[found[1]] = make(map[string]int)
		}
		by[found[1]][found[2]]++
		seen++
	}
	require.Len(t, by, len(fleet), "each replica has one connection")
	whose := make(map[string]string)
	for client, lists := range by {
		for list := range lists {
			require.Empty(t, whose[list], "%s is read by two", list)
			whose[list] = client
		}
		require.InDelta(t, float64(*objects)/3, len(lists), float64(*objects)/6)
		t.Logf("%s reads %d of %d lists", client, len(lists), *objects)
	}
	require.Len(t, whose, *objects)
	for _, replica := range fleet {
		used, err := replica.Usage()
		require.NoError(t, err)
		t.Logf("%s takes %d MiB", replica.Name, used.Memory>>20)
	}
}

// A fault is what may happen to a replica, and how it comes back.
type fault struct {
	name        string
	strike, end func(*testing.T, *replica)
}

var faults = []fault{
	{"ended", func(_ *testing.T, v *replica) { v.Terminate() }, func(t *testing.T, v *replica) { require.NoError(t, v.Restart(t.Context())) }},
	{"killed", func(_ *testing.T, v *replica) { v.Kill() }, func(t *testing.T, v *replica) { require.NoError(t, v.Restart(t.Context())) }},
	{"frozen", func(_ *testing.T, v *replica) { v.Freeze() }, func(_ *testing.T, v *replica) { v.Thaw() }},
	{"cut off", func(_ *testing.T, v *replica) { v.network.cut() }, func(_ *testing.T, v *replica) { v.network.mend() }},
}

// TestTheOthersTakeOver has something happen to a replica in the middle of a burst.
func TestTheOthersTakeOver(t *testing.T) {
	w := newWorkers(t)
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			w.awaitShares(t)
			w.awaitReplicas(t, 0)
			victim := standby(t)
			lost, err := readBy(t.Context(), victim)
			require.NoError(t, err)
			answers := w.ask(t)

			half := len(w.burst) / 2
			push(t, 10, w.burst[:half]...)
			began := time.Now()
			f.strike(t, victim)
			push(t, 10, w.burst[half:]...)
			w.awaitReplicas(t, 2)
			t.Logf("everything is right %v after one of three was %s, which had %d of %d objects", w.lastScaled(t).Sub(began), f.name, len(lost), *objects)
			w.awaitAnswers(t)
			answers.check(t, w, lost)

			f.end(t, victim)
			require.NoError(t, r.Redis.Client.Del(t.Context(), w.burst...).Err())
			w.awaitReplicas(t, 0)
			w.awaitShares(t)
		})
	}
	requireOneWriter(t, w.namespace)
}

// standby returns a replica that does not lead, and that the API server does not
// ask.
func standby(t *testing.T) *replica {
	t.Helper()
	for _, replica := range fleet[1:] {
		text, err := replica.Metrics(t.Context())
		require.NoError(t, err)
		if !strings.Contains(text, "leader_election_master_status{name=\"operator.keda.sh\"} 1") {
			return replica
		}
	}
	t.Fatal("both lead")
	return nil
}
