package reliability

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/external_metrics/v1beta1"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/operator"
)

// TestKilled kills the operator in the middle of everything.
func TestKilled(t *testing.T) {
	p := newPast(t)
	p.burst(t)
	require.NoError(t, r.Restart(t.Context()))
	p.awaitEnd(t)
}

// TestLeaderKilled leaves everything to a replica that has seen nothing of it.
func TestLeaderKilled(t *testing.T) {
	p := newPast(t)
	other := startAnother(t)
	p.burst(t)
	r.Kill()
	t.Cleanup(func() { restart(t) })
	awaitLeader(t, other)
	awaitMetric(t, p.namespace, burstHPA.name, 100)
	p.awaitEnd(t)
}

// TestLeaderTerminated leaves everything to a replica that has looked on, but
// was not to do anything.
func TestLeaderTerminated(t *testing.T) {
	other := startAnother(t)
	p := newPast(t)
	p.burst(t)
	r.Terminate()
	t.Cleanup(func() { restart(t) })
	awaitLeader(t, other)
	awaitMetric(t, p.namespace, burstHPA.name, 100)
	p.awaitEnd(t)
}

// TestLeaderFrozen has a leader come back that does not know yet that it is none
// any more, and what it remembers is old.
func TestLeaderFrozen(t *testing.T) {
	const batch = "batch"
	namespace := r.Namespace(t)
	h := watch(t, namespace)
	w := worker{name: "worker", mode: "direct", address: r.Redis.Address, cooldown: 10} // which is less than until another is elected
	for _, list := range []string{w.name, batch} {
		leave(t, r.Redis, list, 0)
		push(t, r.Redis, list, 25)
	}
	apply(t, namespace, r.Redis.Password, w)
	r.Apply(t, namespace, scaledJob(batch, "accurate", true, r.Redis))
	r.AwaitReplicas(t, namespace, w.name, 5)
	awaitJobs(t, namespace, batch, 5)

	other := startAnother(t)
	leader := leader(t)
	for _, replica := range r.Fleet {
		replica.Freeze()
	}
	t.Cleanup(func() { restart(t) })
	awaitLeader(t, other)
	emptied := time.Now()
	leave(t, r.Redis, w.name, 0)
	push(t, r.Redis, batch, 125)
	for _, replica := range r.Fleet {
		replica.Thaw()
	}
	<-leader.Exited()

	assert.Len(t, awaitJobs(t, namespace, batch, 30), 30)
	h.await(t, w.name, 0, 5, 1, 0)
	assert.GreaterOrEqual(t, h.last(w.name).Sub(emptied), 5*time.Second, "the cooldown was cut short")
}

// TestAPIServerRestarted has a burst come while there is no API server. The
// operator is to get over that; it would end only if it lost a lease that way, so
// that it is one that has none.
func TestAPIServerRestarted(t *testing.T) {
	r.Terminate()
	t.Cleanup(func() { restart(t) })
	replica := startAnother(t, "--leader-elect=false", "--shards=1")
	p := newPast(t)
	r.Cluster.Kill(cluster.APIServer)
	p.burst(t)
	for _, w := range []worker{burstHPA, burstDirect} {
		awaitReading(t, replica, p.namespace, w.name, 100)
	}
	require.NoError(t, r.Cluster.Restart(t.Context(), cluster.APIServer))
	p.awaitEnd(t)
	select {
	case <-replica.Exited():
		t.Error("the operator has ended: " + replica.Tail())
	default:
	}
}

// TestAPIServerAway has the API server be away for longer than a leader may go
// on without it. The leader ends, and is started again as the kubelet does that.
func TestAPIServerAway(t *testing.T) {
	p := newPast(t)
	leader := leader(t)
	r.Cluster.Kill(cluster.APIServer)
	p.burst(t)
	select {
	case <-leader.Exited():
	case <-time.After(2 * time.Minute):
		t.Fatal("the leader goes on: " + leader.Tail())
	}
	require.NoError(t, r.Cluster.Restart(t.Context(), cluster.APIServer))
	require.NoError(t, r.Revive(t.Context()))
	p.awaitEnd(t)
}

// startAnother starts another replica, which ends with the test.
func startAnother(t *testing.T, args ...string) *operator.Replica {
	t.Helper()
	replica, err := r.Replica.StartAnother(t.Context(), args...)
	require.NoError(t, err)
	t.Cleanup(replica.Terminate) // which leaves the lease to the next
	return replica
}

// restart starts the replicas that the other tests have. It is for the end of a
// test.
func restart(t *testing.T) {
	t.Helper()
	require.NoError(t, r.Restart(context.Background()))
}

// awaitLeader returns when a replica is the leader, or one of all is.
func awaitLeader(t *testing.T, of measured) {
	t.Helper()
	r.Await(t, func(ctx context.Context) error {
		leads, _, err := metric(ctx, of, "leader_election_master_status")
		if err == nil && leads != 1 {
			err = errors.New("there is no leader")
		}
		return err
	})
}

// leader returns which replica is the leader, once one is.
func leader(t *testing.T) (found *operator.Replica) {
	t.Helper()
	r.Await(t, func(ctx context.Context) error {
		for _, replica := range r.Fleet {
			leads, _, err := metric(ctx, replica, "leader_election_master_status")
			if err != nil {
				return err
			}
			if leads == 1 {
				found = replica
				return nil
			}
		}
		return errors.New("there is no leader")
	})
	return found
}

// awaitMetric returns when the metrics API says, through the API server, what
// the trigger of a ScaledObject was read as.
func awaitMetric(t *testing.T, namespace, name string, want int64) {
	t.Helper()
	r.Await(t, func(ctx context.Context) error {
		status, err := r.Status(ctx, namespace, name)
		if err != nil {
			return err
		}
		body, err := r.Client.RESTClient().Get().
			AbsPath("/apis/external.metrics.k8s.io/v1beta1/namespaces", namespace, status.ExternalMetricNames[0]).
			Param("labelSelector", "scaledobject.keda.sh/name="+name).
			DoRaw(ctx)
		if err != nil {
			return err
		}
		var list metricsv1beta1.ExternalMetricValueList
		if err := json.Unmarshal(body, &list); err != nil {
			return err
		}
		if len(list.Items) != 1 || list.Items[0].Value.Value() != want {
			return fmt.Errorf("the metrics API says %s, want %d", body, want)
		}
		return nil
	})
}
