package keda

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A fakeConfig is that of triggers of type fake.
type fakeConfig struct {
	Queue string `scaler:"queue,required" from:"metadata,env" doc:"name of the queue"`
}

// fakes opens triggers of type fake, and counts those that are open.
func fakes(c *cluster) (o Opener, open *int) {
	open = new(int)
	fake := driver.Type[fakeConfig]{Name: "fake", Open: func(*fakeConfig, scalerkit.Options) (scalerkit.Scaler, error) {
		*open++
		return &counted{open: open}, nil
	}}
	return Opener{Registry: scalerkit.NewRegistry(fake.Driver()), Resolver: c}, open
}

type counted struct {
	scaler
	open *int
}

func (c *counted) Close() error { *c.open--; return nil }

func TestLoop(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	o, open := fakes(c)
	so := parse(t, `
metadata: {name: orders, namespace: shop, annotations: {autoscaling.keda.sh/paused-replicas: "3"}}
spec:
  scaleTargetRef: {name: worker}
  pollingInterval: 7
  triggers:
  - {type: cpu, metricType: Utilization, metadata: {value: "60"}}
  - {type: fake, metadata: {queue: a}}
  - {type: fake, name: b, metadata: {queue: b}}`)
	loop, err := o.Loop(t.Context(), so, nil)
	require.NoError(t, err)
	require.Equal(t, 7*time.Second, loop.Interval)
	policy := loop.Policy.(autoscale.Policy)
	require.False(t, policy.Delegate)
	require.Equal(t, autoscale.Pause{All: true, Replicas: ptr(3)}, policy.Pause)
	require.Equal(t, []string{"s1-fake", "b"}, []string{loop.Triggers[0].Name, loop.Triggers[1].Name})
	require.Equal(t, 2, *open)
	require.NoError(t, closeAll(loop.Triggers))

	so.Spec.Triggers = so.Spec.Triggers[:1]
	so.Spec.MinReplicaCount = ptr(int32(1))
	_, err = o.Loop(t.Context(), so, nil)
	require.EqualError(t, err, "triggers: there is none but cpu and memory, which only an HPA reads")
}

func TestLoopOfWhatIsWrong(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	o, open := fakes(c)
	_, err := o.Loop(t.Context(), parse(t, `
metadata: {name: orders, namespace: shop}
spec:
  scaleTargetRef: {name: worker}
  minReplicaCount: 101
  triggers:
  - {type: fake, metadata: {queue: a}}
  - {type: fake, metadata: {}}
  - {type: other, metadata: {}}
  - {type: fake, metadata: {queueFromEnv: QUEUE}}
  - {type: fake, metadata: {}, authenticationRef: {name: none}}`), nil)
	require.EqualError(t, err, `minReplicaCount: 101 is greater than maxReplicaCount, which is 100
fake trigger: queue: is missing: set it in the metadata, or name an environment variable in queueFromEnv
trigger: type: "other" is not a known type; there are fake
fake trigger: queueFromEnv: the workload has no pod template that can be read, and so no environment variables that are known
fake trigger: TriggerAuthentication shop/none does not exist`)
	require.Zero(t, *open)
}

func TestJobLoop(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	o, open := fakes(c)
	sj := parseJob(t, `
metadata: {name: exports, namespace: shop}
spec:
  jobTargetRef: {template: {spec: {containers: [{name: app}, {name: side, env: [{name: QUEUE, value: q}]}]}}}
  envSourceContainerName: side
  maxReplicaCount: 4
  triggers: [{type: memory, metadata: {}}, {type: fake, metadata: {queueFromEnv: QUEUE}}]`)
	loop, err := o.JobLoop(t.Context(), sj)
	require.NoError(t, err)
	require.Equal(t, autoscale.JobPolicy{Max: 4}, loop.Jobs.Policy)
	require.Equal(t, 30*time.Second, loop.Interval)
	require.Equal(t, "s1-fake", loop.Triggers[0].Name)
	require.NoError(t, closeAll(loop.Triggers))

	sj.Spec.MaxReplicaCount = ptr(int32(0))
	_, err = o.JobLoop(t.Context(), sj)
	require.EqualError(t, err, "maxReplicaCount: 0 is less than 1")
	require.Zero(t, *open)
}

func TestSpecs(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	triggers := []v1alpha1.ScaleTriggers{{Type: "cpu"}, using("redis"), using("none"), using("ClusterTriggerAuthentication/redis")}
	specs, err := Specs(t.Context(), c, triggers, c.owner)
	require.EqualError(t, err, `redis trigger "orders": TriggerAuthentication shop/none does not exist`)
	require.Len(t, specs, 3)
	require.Equal(t, "hunter2", specs[0].Auth["password"].Reveal())
	require.Equal(t, "hunter3", specs[2].Auth["password"].Reveal())
}

func TestOwners(t *testing.T) {
	so := parse(t, `
metadata: {name: orders, namespace: shop}
spec:
  scaleTargetRef: {name: worker, envSourceContainerName: app}
  advanced: {scalingModifiers: {formula: a, target: "1"}}`)
	require.Equal(t, Owner{Namespace: "shop", Name: "orders", Container: "app", Formula: true}, OwnerOf(so, nil))
	require.Equal(t, Owner{}, OwnerOf(&v1alpha1.ScaledObject{}, nil))
	require.Equal(t, Owner{}, OwnerOfJobs(&v1alpha1.ScaledJob{}))
}
