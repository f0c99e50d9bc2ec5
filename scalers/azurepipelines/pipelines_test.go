package azurepipelines_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/azurepipelines"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// opened opens a trigger on the pool "orders" of the fake.
func opened(t testing.TB, f *fake, more values, o scalerkit.Options) scalerkit.Scaler {
	t.Helper()
	s, err := azurepipelines.Driver().Open(trigger(withToken(f, pat), "orders", more), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestWhichJobsCount(t *testing.T) {
	f := newFake(t)
	f.set(
		"orders",
		finished(), running(), waiting(), waiting("maven"), waiting("maven", "docker"), waiting("Maven", "docker"),
		running("maven", "docker", "gpu"), waiting("java -equals 17"),
	)
	for name, c := range map[string]struct {
		metadata values
		want     float64
	}{
		"no parameters":                        {nil, 7},
		"only those that wait":                 {values{"scaleOnInFlight": "false"}, 5},
		"demands":                              {values{"demands": "maven,docker"}, 4},
		"demands with spaces":                  {values{"demands": " maven , docker "}, 4},
		"demands given twice":                  {values{"demands": "docker,maven,maven"}, 4},
		"demands in any case":                  {values{"demands": "MAVEN,docker", "caseInsensitiveDemandsProcessing": "true"}, 5},
		"a demand with a value":                {values{"demands": "java -equals 17"}, 3},
		"another value":                        {values{"demands": "java -equals 21"}, 2},
		"all demands":                          {values{"demands": "docker,maven", "requireAllDemands": "true"}, 1},
		"all demands in any case":              {values{"demands": "docker,maven", "requireAllDemands": "true", "caseInsensitiveDemandsProcessing": "true"}, 2},
		"all demands and others":               {values{"demands": "maven,docker", "requireAllDemandsAndIgnoreOthers": "true"}, 2},
		"both, of which the former wins":       {values{"demands": "maven,docker", "requireAllDemands": "true", "requireAllDemandsAndIgnoreOthers": "true"}, 1},
		"the agent's version is no demand":     {values{"demands": "maven,Agent.Version -gtVersion 3", "requireAllDemands": "true"}, 1},
		"nor is it in lower case":              {values{"demands": "maven,agent.version", "requireAllDemands": "true", "caseInsensitiveDemandsProcessing": "true"}, 1},
		"nothing but the version":              {values{"demands": "Agent.Version -gtVersion 3"}, 2},
		"all of no demands":                    {values{"requireAllDemands": "true"}, 7},
		"demands of unfinished jobs only":      {values{"demands": "maven,docker", "fetchUnfinishedJobsOnly": "true"}, 4},
		"demands of those that wait":           {values{"demands": "maven,docker,gpu", "scaleOnInFlight": "false"}, 3},
		"the last three, one of them finished": {values{"jobsToFetch": "3"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			scalertest.WantValue(t, opened(t, f, c.metadata, scalerkit.Options{}), c.want)
		})
	}
}

func TestAParentStandsForAgents(t *testing.T) {
	f := newFake(t)
	done := matching("template")
	done["result"] = "failed"
	f.set("orders", matching("template"), matching("other", "template"), matching("other"), matching(), matching("Template"), waiting(), done)
	for _, more := range []values{{"parent": "template"}, {"parent": "template", "fetchUnfinishedJobsOnly": "true"}} {
		scalertest.WantValue(t, opened(t, f, more, scalerkit.Options{}), 2)
	}
	var warnings []string
	s := opened(t, f, values{"parent": "template", "demands": "nothing"}, scalerkit.Options{Warn: func(e scalerkit.ConfigError) { warnings = append(warnings, e.Error()) }})
	scalertest.WantValue(t, s, 2)
	require.Equal(t, []string{`azure-pipelines trigger "orders": demands: is not used: parent is set`}, warnings)
}

// asked returns the requests for a read.
func asked(t *testing.T, f *fake, read func()) (urls []string) {
	t.Helper()
	f.Do(func() { f.urls = nil })
	read()
	f.Do(func() { urls = f.urls })
	return urls
}

func TestWhatIsAskedFor(t *testing.T) {
	const pools = "/shop/_apis/distributedtask/pools"
	f := newFake(t)
	f.set("first pool")
	f.set("orders", waiting())
	for want, more := range map[string]values{
		pools + "/2/jobrequests?$top=250":                {},
		pools + "/2/jobrequests?$top=5":                  {"jobsToFetch": "5"},
		pools + "/2/jobrequests?completedRequestCount=0": {"fetchUnfinishedJobsOnly": "true"},
		pools + "/2/jobrequests":                         {"parent": "x"},
	} {
		s := opened(t, f, more, scalerkit.Options{})
		read := func() {
			_, err := s.Read(t.Context())
			require.NoError(t, err)
		}
		require.Equal(t, []string{pools + "?poolName=orders", want}, asked(t, f, read))
		require.Equal(t, []string{want}, asked(t, f, read), "the id of the pool is known")
	}
	byName := opened(t, f, values{"poolName": "first pool", "poolID": "2"}, scalerkit.Options{})
	require.Equal(t, []string{pools + "?poolName=first+pool", pools + "/1/jobrequests?$top=250"}, asked(t, f, func() { scalertest.WantValue(t, byName, 0) }))
	require.Equal(t, "azure-pipelines-first pool", byName.Metric().Name)
	byID := opened(t, f, values{"poolName": "", "poolID": "2"}, scalerkit.Options{})
	require.Equal(t, []string{pools + "/2/jobrequests?$top=250"}, asked(t, f, func() { scalertest.WantValue(t, byID, 1) }))
	require.Equal(t, "azure-pipelines-2", byID.Metric().Name)
}

func TestTriggersOnAPoolShareItsList(t *testing.T) {
	f := newFake(t)
	f.set("orders", waiting("maven"), waiting("docker"), running())
	o := scalerkit.Options{Pool: new(scalerkit.Pool)}
	var scalers []scalerkit.Scaler
	for _, more := range []values{{}, {"demands": "maven"}, {"demands": "docker"}, {"scaleOnInFlight": "false"}} {
		scalers = append(scalers, opened(t, f, more, o))
	}
	var got []float64
	for _, r := range scalerkit.ReadAll(t.Context(), scalers...) {
		require.NoError(t, r.Err)
		got = append(got, r.Reading.Value)
	}
	require.Equal(t, []float64{3, 2, 2, 2}, got)
	require.Equal(t, 2, f.Count())
	require.True(t, scalers[0].Metric().InFlight)
	require.False(t, scalers[3].Metric().InFlight)
}

func TestAPoolThatIsMadeAgain(t *testing.T) {
	f := newFake(t)
	f.set("orders", waiting())
	s := opened(t, f, nil, scalerkit.Options{})
	scalertest.WantValue(t, s, 1)
	f.Do(func() { f.names[0] = "" })
	f.set("orders", waiting(), waiting())
	scalertest.WantError(t, s, scalerkit.ErrNotFound,
		`read jobs of pool "orders": GET `+f.HTTP.URL+`/shop/_apis/distributedtask/pools/1/jobrequests: not found: 404 Not Found: No agent pool found with identifier 1.`)
	scalertest.WantValue(t, s, 2)
}

func TestPoolsThatAreNotThere(t *testing.T) {
	f := newFake(t)
	scalertest.WantError(t, opened(t, f, nil, scalerkit.Options{}), scalerkit.ErrNotFound,
		`read jobs of pool "orders": not found: there is no pool of this name, or it is hidden`)
	scalertest.WantError(t, opened(t, f, values{"poolName": "", "poolID": "7"}, scalerkit.Options{}), scalerkit.ErrNotFound,
		`read jobs of pool 7: GET `+f.HTTP.URL+`/shop/_apis/distributedtask/pools/7/jobrequests: not found: 404 Not Found: No agent pool found with identifier 7.`)
	f.Do(func() { f.names, f.jobs = []string{"orders", "orders"}, [][]object{nil, nil} })
	scalertest.WantError(t, opened(t, f, nil, scalerkit.Options{}), nil, `read jobs of pool "orders": there are 2 pools of this name`)
}

func TestWhatIsNoList(t *testing.T) {
	f := newFake(t)
	f.set("orders", waiting())
	s := opened(t, f, values{"poolName": "", "poolID": "1"}, scalerkit.Options{})
	at := "read jobs of pool 1: GET " + f.HTTP.URL + "/shop/_apis/distributedtask/pools/1/jobrequests: "
	for name, c := range map[string]struct {
		status int
		body   string
		is     error
		want   string
	}{
		"a page to sign in on": {203, "<html>", scalerkit.ErrDenied, "access denied: the answer is a page to sign in on"},
		"another page":         {200, "<html>", nil, "the answer is not the JSON that it should be: invalid character '<' looking for beginning of value"},
		"no list":              {200, `{"count":0}`, nil, "the answer has no list"},
		"null":                 {200, `null`, nil, "the answer has no list"},
		"refused":              {403, `{"message":"TF400813: The user is not authorized."}`, scalerkit.ErrDenied, "access denied: 403 Forbidden: TF400813: The user is not authorized."},
		"throttled":            {429, "", scalerkit.ErrThrottled, "throttled: 429 Too Many Requests"},
	} {
		t.Run(name, func(t *testing.T) {
			f.Say(func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
				return true
			})
			scalertest.WantError(t, s, c.is, at+c.want)
			f.Say(nil)
			scalertest.WantValue(t, s, 1)
		})
	}
	named := opened(t, f, nil, scalerkit.Options{})
	f.Say(func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = io.WriteString(w, `{"value":[{"name":"orders"}]}`)
		return true
	})
	scalertest.WantError(t, named, nil, `read jobs of pool "orders": the answer does not say what the id of the pool is`)
}

func TestWhoAsks(t *testing.T) {
	azuretest.NeedTrust(t)
	workload := scalerkit.Identity{Provider: "azure-workload"}
	for name, c := range map[string]struct {
		spec   func(*fake) scalerkit.Spec
		issued int
	}{
		"a token comes before an identity, which there is not": {func(f *fake) scalerkit.Spec {
			spec := withToken(f, pat)
			spec.Identity = workload
			return spec
		}, 0},
		"an identity comes before an application": {func(f *fake) scalerkit.Spec {
			spec := withApplication(f, "ClientSecret", "ignored")
			spec.Identity = f.Authority.Identity()
			return spec
		}, 1},
		"an application with a certificate": {func(f *fake) scalerkit.Spec {
			return withApplication(f, "ClientCertificate", azuretest.ApplicationCertificate())
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.set("orders", waiting())
			s, err := listing.Open(trigger(c.spec(f), "orders", nil), scalerkit.Options{})
			require.NoError(t, err)
			defer s.Close()
			scalertest.WantValue(t, s, 1)
			require.Equal(t, c.issued, f.Authority.Issued())
		})
	}
}
