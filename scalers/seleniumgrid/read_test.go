package seleniumgrid_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/seleniumgrid"
)

// answering starts a server that answers everything so.
func answering(t *testing.T, answer string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }))
	t.Cleanup(s.Close)
	return s.URL
}

// read returns the value that a trigger reads in an answer, or the error.
func read(t *testing.T, answer string, metadata values) string {
	with := values{"url": answering(t, answer)}
	for key, value := range metadata {
		with[key] = value
	}
	s, err := seleniumgrid.Driver().Open(scalerkit.Spec{Name: "orders", Metadata: with}, scalerkit.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	reading, err := s.Read(t.Context())
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(reading.Value)
}

const (
	chrome    = `{"browserName":"chrome","platformName":"linux","se:downloadsEnabled":true}`
	firefox   = `{"browserName":"firefox","platformName":"linux","se:downloadsEnabled":true}`
	onLinux   = "Linux"
	downloads = "enableManagedDownloads"
)

// up is a node with slots of a kind, and sessions.
func up(most, slots int, stereotype string, sessions ...string) node {
	n := node{Status: "UP", MaxSession: most, SessionCount: len(sessions), Stereotypes: fmt.Sprintf(`[{"slots":%d,"stereotype":%s}]`, slots, stereotype)}
	for _, stereotype := range sessions {
		var s session
		s.Slot.Stereotype = stereotype
		n.Sessions = append(n.Sessions, s)
	}
	return n
}

func TestHowManyNodesTheGridNeeds(t *testing.T) {
	draining := up(1, 1, chrome)
	draining.Status = "DRAINING"
	mixed := up(2, 1, chrome)
	mixed.Stereotypes = `[{"slots":1,"stereotype":` + chrome + `},{"slots":1,"stereotype":` + firefox + `}]`
	for name, c := range map[string]struct {
		nodes       []node
		waiting     int
		maxSessions string
		want        string
	}{
		"nothing":                               {nil, 0, "1", "0"},
		"each request calls for a node":         {nil, 3, "1", "3"},
		"of several sessions":                   {nil, 5, "4", "2"},
		"many requests":                         {nil, 300, "1", "300"}, // KEDA mixes up new nodes from the 98th on
		"a free slot takes one":                 {[]node{up(1, 1, chrome)}, 2, "1", "1"},
		"a free slot of another browser":        {[]node{up(1, 1, firefox)}, 2, "1", "2"},
		"a slot that is taken":                  {[]node{up(1, 1, chrome, chrome)}, 1, "1", "2"},
		"a node that is not up":                 {[]node{draining}, 1, "1", "1"},
		"as many slots as sessions at most":     {[]node{up(1, 4, chrome)}, 3, "1", "2"},
		"as many sessions as slots of a kind":   {[]node{mixed}, 3, "1", "2"},
		"running sessions":                      {[]node{up(1, 1, chrome, chrome), up(1, 1, firefox, firefox)}, 0, "1", "1"},
		"several sessions of a node":            {[]node{up(4, 4, chrome, chrome, chrome, chrome), up(4, 4, chrome, chrome)}, 0, "4", "2"}, // KEDA: 4
		"more sessions than the trigger says":   {[]node{up(4, 4, chrome, chrome, chrome, chrome)}, 0, "1", "3"},
		"sessions and requests beyond the room": {[]node{up(2, 2, chrome, chrome)}, 4, "2", "3"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := state(c.nodes, slices.Repeat([]string{chrome}, c.waiting)...)
			require.Equal(t, c.want, read(t, answer, values{"browserName": "chrome", "platformName": onLinux, "nodeMaxSessions": c.maxSessions}))
		})
	}
}

func TestWhatFits(t *testing.T) {
	edge := values{"browserName": "MicrosoftEdge", "sessionBrowserName": "msedge"}
	for _, c := range []struct {
		trigger       values
		capabilities  string
		request, slot bool // that it fits
	}{
		{values{}, `{}`, true, false}, // without managed downloads
		{values{downloads: "false"}, `{}`, true, true},
		{values{downloads: "false"}, `{"se:downloadsEnabled":true}`, false, true},
		{values{downloads: "false", "capabilities": `{"se:downloadsEnabled":true}`}, `{"se:downloadsEnabled":true}`, true, true},
		{values{"browserName": "Chrome"}, `{"browserName":"chrome","se:downloadsEnabled":true}`, true, true},
		{values{"browserName": "chrome"}, `{"browserName":"firefox","se:downloadsEnabled":true}`, false, false},
		{values{"browserName": "chrome"}, `{"se:downloadsEnabled":true}`, false, false},
		{values{}, `{"browserName":"chrome","se:downloadsEnabled":true}`, false, false},
		{edge, `{"browserName":"msedge","se:downloadsEnabled":true}`, false, true},
		{edge, `{"browserName":"MicrosoftEdge","se:downloadsEnabled":true}`, true, true},

		{values{"browserVersion": "131.0"}, `{"browserVersion":"131","se:downloadsEnabled":true}`, true, true},
		{values{"browserVersion": "131.0"}, `{"browserVersion":"132","se:downloadsEnabled":true}`, false, false},
		{values{"browserVersion": "131.0"}, `{"se:downloadsEnabled":true}`, false, false},
		{values{}, `{"browserVersion":"131","se:downloadsEnabled":true}`, false, false},

		{values{"platformName": "Linux"}, `{"platformName":"LINUX","se:downloadsEnabled":true}`, true, true},
		{values{"platformName": "Linux"}, `{"platformName":"bsd","se:downloadsEnabled":true}`, true, true},
		{values{"platformName": "Linux"}, `{"platformName":"unix","se:downloadsEnabled":true}`, false, false},
		{values{"platformName": "Linux"}, `{"platformName":"any","se:downloadsEnabled":true}`, false, false},
		{values{"platformName": "win11"}, `{"platformName":"Windows 10","se:downloadsEnabled":true}`, true, true},
		{values{"platformName": "win11"}, `{"platformName":"windows","se:downloadsEnabled":true}`, false, false},
		{values{"platformName": "macOS"}, `{"platformName":"darwin","se:downloadsEnabled":true}`, true, true},
		{values{"platformName": "sonoma"}, `{"platformName":"macOS 15.0","se:downloadsEnabled":true}`, true, true},
		{values{"platformName": "any"}, `{"se:downloadsEnabled":true}`, true, true},
		{values{"platformName": "plan9"}, `{"platformName":"Plan9","se:downloadsEnabled":true}`, true, true},

		{values{"capabilities": `{"shop:kind":"beta","goog:x":1}`}, `{"shop:kind":"beta","se:downloadsEnabled":true}`, true, true},
		{values{"capabilities": `{"shop:kind":"beta"}`}, `{"shop:kind":"public","se:downloadsEnabled":true}`, false, false},
		{values{"capabilities": `{"shop:kind":"beta"}`}, `{"se:downloadsEnabled":true}`, false, false},
		{values{"capabilities": `{"shop:kind":["a",{"b":1}]}`}, `{"shop:kind":["a",{"b":1}],"se:downloadsEnabled":true}`, true, true},

		// At these, KEDA panics.
		{values{}, `{"browserName":7,"se:downloadsEnabled":true}`, false, false},
		{values{}, `{"browserVersion":[],"se:downloadsEnabled":true}`, false, false},
		{values{}, `{"platformName":{},"se:downloadsEnabled":true}`, false, false},
		{values{}, `{"se:downloadsEnabled":"yes"}`, true, false},
		{values{"capabilities": `{"shop:kind":["a"]}`}, `{"shop:kind":["b"],"se:downloadsEnabled":true}`, false, false},
	} {
		count := func(fits bool) string { return map[bool]string{true: "1", false: "0"}[fits] }
		require.Equal(t, count(c.request), read(t, state(nil, c.capabilities), c.trigger), "%v and the request %s", c.trigger, c.capabilities)
		require.Equal(t, count(c.slot), read(t, state([]node{up(1, 1, `{}`, c.capabilities)}), c.trigger), "%v and the slot %s", c.trigger, c.capabilities)
	}
}

func TestWhatIsNoStateIsAnError(t *testing.T) {
	const nodes = "read nodes and queue: "
	for answer, want := range map[string]string{
		`{"data":null,"errors":[{"message":"no\nnodes"}]}`: nodes + "the Grid failed: no nodes",
		`{"data":{"nodesInfo":{"nodes":[]}}}`:              nodes + "the answer does not have the nodes and the queue of a Grid",
		state(nil, "chrome"):                               nodes + "the capabilities of a request are not the JSON that they should be: invalid character 'c' looking for beginning of value",
		state([]node{{Status: "UP"}}):                      nodes + "the capabilities of a node are not the JSON that they should be: unexpected end of JSON input",
		state([]node{up(1, 1, "{}", "[]")}):                nodes + "the capabilities of a session are not the JSON that they should be: json: cannot unmarshal array into Go value of type seleniumgrid.capabilities",
	} {
		require.Equal(t, want, read(t, answer, nil))
	}
}

func TestTheMetric(t *testing.T) {
	for name, c := range map[string]seleniumgrid.Config{
		"selenium-grid":                   {},
		"selenium-grid-chrome-131-0":      {BrowserName: "chrome", BrowserVersion: "131.0"},
		"selenium-grid-chrome-Windows 10": {BrowserName: "chrome", PlatformName: "Windows 10"},
	} {
		c.URL, c.Activation, c.MetricType = "http://hub/graphql", 2, scalerkit.Total
		s, err := seleniumgrid.New(c, scalerkit.Options{})
		require.NoError(t, err)
		require.Equal(t, scalerkit.Metric{Name: name, Target: scalerkit.Target{Kind: scalerkit.Total, Value: 1}, Activation: 2, InFlight: true}, s.Metric())
		require.NoError(t, s.Close())
	}
}

func TestMistakesAreNamed(t *testing.T) {
	const trigger = `selenium-grid trigger "orders": `
	for want, c := range map[string]struct{ metadata, auth values }{
		trigger + "url: is missing: let the authentication deliver it, or set it in the metadata": {},
		trigger + "url: is not a URL: want http:// or https://, and a host":                       {values{"url": "hub:4444"}, nil},
		trigger + `capabilities: is not a JSON object such as {"shop:kind":"beta"}`:               {values{"url": "http://hub", "capabilities": "[1]"}, nil},
		trigger + "nodeMaxSessions: \"0\" is less than 1":                                         {values{"url": "http://hub", "nodeMaxSessions": "0"}, nil},
		trigger + "password: is missing: it goes with username":                                   {values{"url": "http://hub"}, values{"username": "user"}},
	} {
		_, err := seleniumgrid.Driver().Open(scalerkit.Spec{Name: "orders", Metadata: c.metadata, Auth: scalerkit.Secrets(c.auth)}, scalerkit.Options{})
		require.EqualError(t, err, want)
	}
}

func TestTriggersOnOneGridShareItsAnswer(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = io.WriteString(w, state(nil, chrome, firefox, firefox))
	}))
	defer server.Close()
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	var scalers []scalerkit.Scaler
	for _, browser := range []string{"chrome", "firefox"} {
		s, err := seleniumgrid.New(seleniumgrid.Config{Server: seleniumgrid.Server{URL: server.URL}, BrowserName: browser, PlatformName: "linux"}, options)
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		scalers = append(scalers, s)
	}
	results := scalerkit.ReadAll(t.Context(), scalers...)
	require.Equal(t, []float64{1, 2}, []float64{results[0].Reading.Value, results[1].Reading.Value})
	require.Equal(t, 1, asked)
}
