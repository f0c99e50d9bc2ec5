package reliability

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/rig"
)

// Workers that are scaled down as soon as anything says that they may be.
var (
	eagerHPA    = worker{name: "eager-hpa", mode: "hpa", cooldown: 1}
	eagerDirect = worker{name: "eager-direct", mode: "direct", cooldown: 1}
)

var ready = rig.Condition{Status: "True", Reason: "ScaledObjectReady", Message: "The object is valid and its triggers can be read"}

// startEager starts workers with 20 replicas each, and their history.
func startEager(t *testing.T, redis *broker.Redis, address string) (namespace string, h *history) {
	t.Helper()
	namespace = r.Namespace(t)
	h = watch(t, namespace)
	hpa, direct := eagerHPA, eagerDirect
	hpa.address, direct.address = address, address
	for _, w := range []worker{hpa, direct} {
		leave(t, redis, w.name, 0)
		push(t, redis, w.name, 100)
	}
	apply(t, namespace, redis.Password, hpa, direct)
	for _, w := range []worker{hpa, direct} {
		r.AwaitReplicas(t, namespace, w.name, 20)
	}
	return namespace, h
}

// awaitFailedRounds returns when a source could not be read for some objects in
// so many rounds more.
func awaitFailedRounds(t *testing.T, namespace string, rounds int, names ...string) {
	t.Helper()
	failed := func(ctx context.Context) (least float64, err error) {
		least = math.Inf(1)
		for _, name := range names {
			n, _, err := metric(ctx, r, "keda_scaler_detail_errors_total", "namespace="+namespace, "scaledObject="+name)
			if err != nil {
				return 0, err
			}
			least = min(least, n)
		}
		return least, nil
	}
	for range rounds { // one by one, for all of them may take longer than Await waits
		before, err := failed(t.Context())
		require.NoError(t, err)
		r.Await(t, func(ctx context.Context) error {
			now, err := failed(ctx)
			if err == nil && now == before {
				err = fmt.Errorf("%v rounds of %v have failed, and no other one", now, names)
			}
			return err
		})
	}
}

// awaitTriggerError returns when a ScaledObject says with certain words that its
// trigger fails.
func awaitTriggerError(t *testing.T, namespace, name, words string) (message string) {
	t.Helper()
	r.Await(t, func(ctx context.Context) error {
		status, err := r.Status(ctx, namespace, name)
		if err != nil {
			return err
		}
		is := status.Condition("Ready")
		if is.Status != "False" || is.Reason != "TriggerError" || !strings.Contains(is.Message, words) {
			return fmt.Errorf("the condition Ready of %s is %+v, want a TriggerError with %q", name, is, words)
		}
		message = is.Message
		return nil
	})
	return message
}

// awaitGoingOn has workers that had 20 replicas go up and down again.
func awaitGoingOn(t *testing.T, redis *broker.Redis, namespace string, h *history) {
	t.Helper()
	for _, w := range []worker{eagerHPA, eagerDirect} {
		push(t, redis, w.name, 25)
		h.await(t, w.name, 0, 20, 25)
		leave(t, redis, w.name, 50)
		h.await(t, w.name, 0, 20, 25, 10)
	}
}

// TestRedisDown takes Redis down for two minutes, or with -short for 15 rounds.
func TestRedisDown(t *testing.T) {
	rounds := 120
	if testing.Short() {
		rounds = 15
	}
	redis := startRedis(t)
	namespace, h := startEager(t, redis, redis.Address)

	require.NoError(t, redis.Client.Save(t.Context()).Err())
	redis.Kill()
	awaitFailedRounds(t, namespace, rounds, eagerHPA.name, eagerDirect.name)
	for _, w := range []worker{eagerHPA, eagerDirect} {
		awaitTriggerError(t, namespace, w.name, redis.Address+": connect: connection refused")
		assert.Equal(t, []int32{0, 20}, h.of(w.name), w.name)
	}

	require.NoError(t, redis.Restart(t.Context()))
	for _, w := range []worker{eagerHPA, eagerDirect} {
		r.AwaitCondition(t, namespace, w.name, "Ready", ready)
	}
	awaitGoingOn(t, redis, namespace, h)
	requireJSON(t, logs(t))
}

// requireJSON fails if a log has a line that is not an entry of the operator's,
// such as one of a client of a source.
func requireJSON(t *testing.T, log string) {
	t.Helper()
	for entry := range strings.Lines(log) {
		require.True(t, json.Valid([]byte(entry)), entry)
	}
}

// TestRestartedWhileRedisIsDown has the operator begin without knowing what was
// waiting.
func TestRestartedWhileRedisIsDown(t *testing.T) {
	redis := startRedis(t)
	namespace, h := startEager(t, redis, redis.Address)

	require.NoError(t, redis.Client.Save(t.Context()).Err())
	redis.Kill()
	require.NoError(t, r.Restart(t.Context()))
	awaitLeader(t, r)
	awaitFailedRounds(t, namespace, 5, eagerHPA.name, eagerDirect.name)
	for _, w := range []worker{eagerHPA, eagerDirect} {
		awaitTriggerError(t, namespace, w.name, redis.Address+": connect: connection refused")
		assert.Equal(t, []int32{0, 20}, h.of(w.name), w.name)
	}

	require.NoError(t, redis.Restart(t.Context()))
	awaitGoingOn(t, redis, namespace, h)
}

// TestRedisSlow has Redis not answer in time at first, and answer late then.
// Others go on meanwhile.
func TestRedisSlow(t *testing.T) {
	redis := startRedis(t)
	proxy, err := broker.StartProxy(redis.Address)
	require.NoError(t, err)
	t.Cleanup(proxy.Close)
	namespace, h := startEager(t, redis, proxy.Address)
	quick := worker{name: "quick", mode: "direct", address: r.Redis.Address, cooldown: 1}
	leave(t, r.Redis, quick.name, 0)
	r.Apply(t, namespace, quick.String()) // all of these have one password

	<-proxy.Hold()
	for _, replicas := range []int32{4, 8, 0} {
		leave(t, r.Redis, quick.name, 0)
		if replicas > 0 {
			push(t, r.Redis, quick.name, int(replicas)*5)
		}
		r.AwaitReplicas(t, namespace, quick.name, replicas)
	}
	awaitFailedRounds(t, namespace, 5, eagerHPA.name, eagerDirect.name)
	for _, w := range []worker{eagerHPA, eagerDirect} {
		awaitTriggerError(t, namespace, w.name, "timeout")
		assert.Equal(t, []int32{0, 20}, h.of(w.name), w.name)
	}
	proxy.Slow(time.Second)
	proxy.Release()
	for _, w := range []worker{eagerHPA, eagerDirect} {
		r.AwaitCondition(t, namespace, w.name, "Ready", ready)
	}
	awaitGoingOn(t, redis, namespace, h)
}

// TestWrongPassword has the password in the Secret mended after a while. The
// wrong one is shown nowhere.
func TestWrongPassword(t *testing.T) {
	const wrong = "an-old-pass-word"
	namespace := r.Namespace(t)
	h := watch(t, namespace)
	w := eagerHPA
	w.address = r.Redis.Address
	leave(t, r.Redis, w.name, 0)
	push(t, r.Redis, w.name, 50)
	apply(t, namespace, wrong, w)
	awaitTriggerError(t, namespace, w.name, "WRONGPASS")
	for what, text := range told(t, namespace) {
		assert.NotContains(t, text, wrong, what)
		assert.Contains(t, text, w.name, what)
	}

	r.Apply(t, namespace, broker.Authentication(r.Redis.Password))
	r.AwaitCondition(t, namespace, w.name, "Ready", ready)
	h.await(t, w.name, 0, 10)
}

// told returns all that the operator has told of a namespace, by where.
func told(t *testing.T, namespace string) map[string]string {
	t.Helper()
	objects, err := r.ScaledObjects(t, namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	events, err := r.Client.EventsV1().Events(namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	metrics, err := r.Metrics(t.Context())
	require.NoError(t, err)
	return map[string]string{
		"objects": fmt.Sprint(objects.Items),
		"events":  fmt.Sprint(events.Items),
		"metrics": metrics,
		"log":     logs(t),
	}
}
