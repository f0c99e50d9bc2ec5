package githubrunner_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/githubrunner"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func open(t *testing.T, f *fake, pool *scalerkit.Pool, metadata values) scalerkit.Scaler {
	s := spec(f.URL, "orders", token)
	maps.Copy(s.Metadata, metadata)
	scaler, err := githubrunner.Driver().Open(s, scalerkit.Options{Pool: pool})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, scaler.Close()) })
	return scaler
}

func TestWhichJobsCount(t *testing.T) {
	f := newFake(t)
	f.runs("shop/orders", run{ID: 1, Status: "in_progress", jobs: []job{
		{1, "queued", []string{"self-hosted", "Linux", "X64"}},
		{2, "in_progress", []string{"self-hosted", "GPU"}},
		{3, "completed", []string{"self-hosted"}},
		{4, "waiting", []string{"self-hosted"}},
		{5, "queued", []string{"self-hosted", "gpu", "windows"}},
		{6, "queued", nil},
		{7, "queued", []string{"gpu"}},
	}})
	for _, c := range []struct {
		metadata values
		want     float64
	}{
		{nil, 2},                                                                       // 1 6
		{values{"labels": "gpu"}, 4},                                                   // 1 2 6 7
		{values{"labels": "gpu, windows"}, 5},                                          // and 5
		{values{"noDefaultLabels": "true"}, 1},                                         // 6
		{values{"labels": "GPU", "noDefaultLabels": "true"}, 2},                        // 6 7
		{values{"matchUnlabeledJobsWithUnlabeledRunners": "true"}, 2},                  // 1 6
		{values{"labels": "gpu", "matchUnlabeledJobsWithUnlabeledRunners": "true"}, 3}, // 1 2 7
		{values{"labels": "gpu", "noDefaultLabels": "true", "matchUnlabeledJobsWithUnlabeledRunners": "true"}, 1}, // 7
	} {
		scalertest.WantValue(t, open(t, f, nil, c.metadata), c.want)
	}
}

func TestPagesAndWhatMovesMeanwhile(t *testing.T) {
	f := newFake(t)
	runs := make([]run, 250)
	for i := range runs {
		runs[i] = run{ID: int64(i + 1), Status: "queued", jobs: []job{{int64(i + 1), "queued", []string{"self-hosted"}}}}
	}
	runs[7].jobs = queued(200) // whose last page is empty
	runs[8].gone = true
	runs[9].both = true
	f.runs("shop/orders", runs...)
	scalertest.WantValue(t, open(t, f, nil, nil), 248+200)
}

func TestRepositories(t *testing.T) {
	f := newFake(t)
	for i := range 120 {
		f.set(fmt.Sprintf("shop/r%03d", i), 1)
	}
	f.set("shop/private", 5)
	f.set("other/tools", 7)
	for _, c := range []struct {
		metadata values
		value    float64
		note     string
		err      string
	}{
		{metadata: values{"runnerScope": "org", "repos": ""}, value: 125},
		{metadata: values{"runnerScope": "ent", "repos": ""}, value: 125},
		{metadata: values{"runnerScope": "repo", "repos": ""}, value: 120},
		{metadata: values{"repos": "private, r001, private"}, value: 6},
		{metadata: values{"repos": "private,other/tools"}, value: 12},
		{metadata: values{"owner": "empty", "repos": ""}},
		{
			metadata: values{"repos": "private,gone"}, value: 5,
			note: "not counted, since not there or not for the credentials to see: shop/gone",
		},
		{metadata: values{"repos": "gone,lost"}, err: `read jobs of "shop": not found: there is no repository shop/gone, shop/lost, or the credentials may not see it`},
		{metadata: values{"owner": "nobody", "runnerScope": "ent", "repos": ""}, err: `read jobs of "nobody": GitHub has no list of the repositories of an enterprise: name them in repos, as owner/name: GET ` + f.URL + `/orgs/nobody/repos: not found: 404 Not Found: 404 page not found`},
		{metadata: values{"owner": "nobody", "repos": ""}, err: `read jobs of "nobody": GET ` + f.URL + `/users/nobody/repos: not found: 404 Not Found: 404 page not found`},
	} {
		s := open(t, f, nil, c.metadata)
		if c.err != "" {
			scalertest.WantError(t, s, scalerkit.ErrNotFound, c.err)
			continue
		}
		reading, err := s.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, c.value, reading.Value)
		require.Equal(t, c.note, reading.Note)
	}
}

// Triggers of different labels, and with different lists of repositories, are
// answered by one listing of each. If nothing has changed, the next is free.
func TestOneListingForAllTriggers(t *testing.T) {
	f := newFake(t)
	f.set("shop/orders", 3)
	f.runs("shop/stock", run{ID: 2, Status: "in_progress", jobs: queued(2, "gpu")})
	pool := new(scalerkit.Pool)
	scalers := []scalerkit.Scaler{
		open(t, f, pool, nil),
		open(t, f, pool, values{"labels": "gpu", "repos": "stock,orders"}),
		open(t, f, pool, values{"labels": "gpu", "repos": "stock", "runnerScope": "org"}),
		open(t, f, pool, values{"labels": "gpu", "repos": "", "runnerScope": "org"}),
	}
	want := []string{
		"GET /orgs/shop/repos?per_page=100&page=1",
		"GET /repos/shop/orders/actions/runs/1/jobs?per_page=100&page=1",
		"GET /repos/shop/orders/actions/runs?status=in_progress&per_page=100&page=1",
		"GET /repos/shop/orders/actions/runs?status=queued&per_page=100&page=1",
		"GET /repos/shop/stock/actions/runs/2/jobs?per_page=100&page=1",
		"GET /repos/shop/stock/actions/runs?status=in_progress&per_page=100&page=1",
		"GET /repos/shop/stock/actions/runs?status=queued&per_page=100&page=1",
	}
	round := func(expected []float64, charge int) {
		t.Helper()
		for i, r := range scalerkit.ReadAll(t.Context(), scalers...) {
			require.NoError(t, r.Err)
			require.Equal(t, expected[i], r.Reading.Value, i)
		}
		requests, charged := f.asked()
		slices.Sort(requests)
		require.Equal(t, want, requests)
		require.Equal(t, charge, charged)
	}
	round([]float64{3, 5, 2, 5}, 7)
	round([]float64{3, 5, 2, 5}, 0)
	f.set("shop/orders", 4)
	round([]float64{4, 6, 2, 6}, 1)

	without := open(t, f, pool, values{"enableEtags": "false"})
	for range 2 {
		scalertest.WantValue(t, without, 4)
		_, charged := f.asked()
		require.Equal(t, 3, charged)
	}
}

// What is kept of one run is not taken for that of another.
func TestRunsOfOneRepositoryThatHaveNotChanged(t *testing.T) {
	f := newFake(t)
	f.runs("shop/orders", run{ID: 1, Status: "queued", jobs: queued(3)}, run{ID: 2, Status: "queued", jobs: queued(4)})
	s := open(t, f, nil, nil)
	for _, charge := range []int{4, 0} {
		scalertest.WantValue(t, s, 7)
		_, charged := f.asked()
		require.Equal(t, charge, charged)
	}
}

func TestTheLimit(t *testing.T) {
	f := newFake(t)
	f.set("shop/orders", 3)
	s := open(t, f, nil, values{"enableEtags": "false"})
	f.limit, f.left, f.reset = 5000, 4000, time.Now().Add(59*time.Minute).Truncate(time.Second)
	reading, err := s.Read(t.Context())
	require.NoError(t, err)
	until := f.reset.UTC().Format("15:04:05 UTC")
	require.Equal(t, "the 5000 requests that GitHub allows in an hour will not last until "+until, reading.Note)

	f.left = 2 // of the three that a reading takes
	f.asked()
	for _, requests := range []int{2, 0} {
		_, err = s.Read(t.Context())
		require.ErrorContains(t, err, `read jobs of "shop": throttled for 58m`)
		require.ErrorContains(t, err, "GitHub takes no more requests until "+until)
		require.ErrorIs(t, err, scalerkit.ErrThrottled)
		sent, _ := f.asked()
		require.Len(t, sent, requests, "nothing is sent that would be refused")
	}
}

func TestTheMetric(t *testing.T) {
	s := open(t, newFake(t), nil, values{"owner": "shop.eu"})
	require.Equal(t, scalerkit.Metric{
		Name: "github-runner-shop-eu", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}, InFlight: true,
	}, s.Metric())
}

// One job is enough, even where it takes several for a replica.
func TestActiveBelowTheTarget(t *testing.T) {
	f := newFake(t)
	f.set("shop/orders", 1)
	scalertest.WantValue(t, open(t, f, nil, values{"targetWorkflowQueueLength": "5"}), 1)
}

func TestAnswersThatAreNone(t *testing.T) {
	const read = `read jobs of "shop": GET `
	for body, want := range map[string]string{
		`{}`:                       "it has no list of things with an id",
		`null`:                     "it has no list of things with an id",
		`{"workflow_runs":null}`:   "it has no list of things with an id",
		`{"workflow_runs":[{}]}`:   "it has no list of things with an id",
		`{"workflow_runs":[{"id":`: "unexpected end of JSON input",
		`{"workflow_runs":"many"}`: "json: cannot unmarshal string into Go struct field .workflow_runs of type []githubrunner.element",
	} {
		f := newFake(t)
		f.answer = says(body)
		scalertest.WantError(t, open(t, f, nil, nil), nil, read+f.URL+"/repos/shop/orders/actions/runs: the answer is not what it should be: "+want)
	}
}
