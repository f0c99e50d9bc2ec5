package gcpcloudtasks_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
	"github.com/scalerkit/scalerkit/scalers/gcpcloudtasks"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

var (
	driver  = gcpcloudtasks.Driver()
	machine = scalerkit.Identity{Provider: "gcp"}
)

// opened returns a Scaler that is closed with the test.
func opened(tb testing.TB, m *gcptest.Monitoring, pool *scalerkit.Pool, more values) scalerkit.Scaler {
	metadata := values{"projectID": gcptest.Project, "queueName": "orders"}
	maps.Copy(metadata, more)
	s, err := gcptest.Listing(driver).Open(m.Spec(tb, metadata), scalerkit.Options{Pool: pool})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	for _, c := range []struct {
		metadata values
		want     scalerkit.Metric
	}{
		{values{"projectID": "p", "queueName": "my.queue"}, scalerkit.Metric{Name: "gcp-ct-my-queue", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 100}, InFlight: true}},
		{
			values{"value": "5", "activationValue": "10.5", "filterDuration": "1", "queueName": "myqueue", "projectID": "myproject", "credentialsFromEnv": "KEY"},
			scalerkit.Metric{Name: "gcp-ct-myqueue", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}, Activation: 10.5, InFlight: true},
		},
	} {
		spec := scalerkit.Spec{Identity: machine, Metadata: c.metadata, Env: map[string]scalerkit.Secret{"KEY": gcptest.KeyFor(t, "https://oauth2.googleapis.com/token")}}
		s, err := driver.Open(spec, scalerkit.Options{})
		require.NoError(t, err)
		require.Equal(t, c.want, s.Metric())
		require.NoError(t, s.Close())
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for want, metadata := range map[string]values{
		"projectID: is missing: set it in the metadata":                                                         {"queueName": "orders"},
		"queueName: is missing: set it in the metadata":                                                         {"projectID": "shop"},
		`filterDuration: "1m" is not a whole number`:                                                            {"projectID": "shop", "queueName": "orders", "filterDuration": "1m"},
		`credentialsFromEnvFile: is not supported, since it names a file of the program's: give the key itself`: {"projectID": "shop", "queueName": "orders", "credentialsFromEnvFile": "KEY"},
	} {
		_, err := driver.Open(scalerkit.Spec{Name: "t", Identity: machine, Metadata: metadata}, scalerkit.Options{})
		require.EqualError(t, err, `gcp-cloudtasks trigger "t": `+want)
	}
}

func TestDepths(t *testing.T) {
	m := gcptest.NewMonitoring(t)
	m.Set(queue("orders", "europe-west1", at(time.Minute, 7), at(90*time.Second, 9)), queue("empty", "europe-west1"), queue("old", "europe-west1", at(4*time.Minute, 3)))
	scalertest.WantValue(t, opened(t, m, nil, nil), 7)
	scalertest.WantValue(t, opened(t, m, nil, values{"queueName": "old", "filterDuration": "5"}), 3)
	for _, name := range []string{"none", "empty", "old"} { // KEDA reads -1 of the second
		scalertest.WantError(t, opened(t, m, nil, values{"queueName": name}), scalerkit.ErrNotFound,
			`read depth of queue "`+name+`": not found: Cloud Monitoring has no points of the last 2m0s`)
	}

	m.Set(queue("orders", "us-east1", at(time.Minute, 8)))
	r, err := opened(t, m, nil, nil).Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, 8.0, r.Value)
	require.Equal(t, "there are 2 time series, of which the largest value counts", r.Note)
}

func TestANameCannotChangeTheFilter(t *testing.T) {
	m := gcptest.NewMonitoring(t)
	m.Set(queue("orders", "europe-west1", at(time.Minute, 7)))
	const name = `x" OR metric.type = "y\`
	s := opened(t, m, nil, values{"queueName": name, "projectID": `shop/../"`})
	_, err := s.Read(t.Context())
	require.ErrorIs(t, err, scalerkit.ErrNotFound)
	asked, _ := m.Requests()
	require.Empty(t, asked, "the path has no such project")

	s = opened(t, m, nil, values{"queueName": name})
	_, err = s.Read(t.Context())
	require.ErrorIs(t, err, scalerkit.ErrNotFound)
	asked, _ = m.Requests()
	require.Equal(t, `metric.type = "cloudtasks.googleapis.com/queue/depth" AND resource.labels.project_id = "shop-project" AND resource.labels.queue_id = "x\" OR metric.type = \"y\\"`, asked[0].Get("filter"))
}

func TestQueuesOfAProjectAreOneList(t *testing.T) {
	m := gcptest.NewMonitoring(t)
	m.Set(queue("orders", "europe-west1", at(time.Minute, 7)), queue("invoices", "europe-west1", at(time.Minute, 8)))
	pool := new(scalerkit.Pool)
	results := scalerkit.ReadAll(t.Context(), opened(t, m, pool, nil), opened(t, m, pool, values{"queueName": "invoices"}), opened(t, m, pool, values{"value": "1"}))
	for i, want := range []float64{7, 8, 7} {
		require.NoError(t, results[i].Err)
		require.Equal(t, want, results[i].Reading.Value)
	}
	asked, _ := m.Requests()
	require.Len(t, asked, 1)
}
