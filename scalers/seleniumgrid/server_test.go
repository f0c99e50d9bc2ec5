package seleniumgrid_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/webtest"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/seleniumgrid"
)

const (
	username = "scalerkit"
	password = "scalerkit-test"
	wrong    = "not-the-password"
)

// A real is the real Grid. Its node is for Chrome, so that requests for other
// browsers wait for as long as their clients do.
type real struct{ *webtest.Server }

func newReal(tb testing.TB) real {
	login := new(http.Request)
	login.Header = http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	login.SetBasicAuth(username, password)
	return real{webtest.New(tb, "SCALERKIT_TEST_SELENIUM", login.Header)}
}

func (r real) post(ctx context.Context, path, body string) ([]byte, error) {
	return r.Do(ctx, http.MethodPost, path, body)
}

// waiting returns how many requests for a browser wait.
func (r real) waiting(ctx context.Context, browser string) (int, error) {
	answer, err := r.post(ctx, "/graphql", `{"query":"{ sessionsInfo { sessionQueueRequests } }"}`)
	if err != nil {
		return 0, err
	}
	var state struct {
		Data struct {
			SessionsInfo struct{ SessionQueueRequests []string }
		}
	}
	if err := json.Unmarshal(answer, &state); err != nil {
		return 0, err
	}
	return strings.Count(strings.Join(state.Data.SessionsInfo.SessionQueueRequests, ""), fmt.Sprintf("%q", browser)), nil
}

// A line is of requests for a browser that nobody else asks for.
type line struct {
	real
	browser string
	wait    sync.WaitGroup
	leave   []context.CancelFunc
}

func (r real) newLine(tb testing.TB, browser string) *line {
	l := &line{real: r, browser: browser}
	tb.Cleanup(func() {
		require.NoError(tb, l.set(context.WithoutCancel(tb.Context()), 0))
		l.wait.Wait()
	})
	return l
}

// set makes the line that long, and awaits that the Grid knows.
func (l *line) set(ctx context.Context, level float64) error {
	for len(l.leave) < int(level) {
		waiting, leave := context.WithCancel(context.WithoutCancel(ctx))
		l.leave = append(l.leave, leave)
		l.wait.Go(func() {
			_, _ = l.post(waiting, "/session", fmt.Sprintf(`{"capabilities":{"alwaysMatch":{"browserName":%q,"platformName":"linux"}}}`, l.browser)) // it is cut off
		})
	}
	for len(l.leave) > int(level) {
		l.leave[len(l.leave)-1]()
		l.leave = l.leave[:len(l.leave)-1]
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if n, err := l.waiting(ctx, l.browser); err != nil || n == int(level) {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r real) spec(browser, password string) scalerkit.Spec {
	return scalerkit.Spec{
		Type: "selenium-grid", Name: "orders",
		Metadata: values{"url": r.URL + "/graphql", "browserName": browser, "platformName": "Linux"},
		Auth:     scalerkit.Secrets(values{"username": username, "password": password}),
	}
}

func TestSuiteOnServer(t *testing.T) {
	r := newReal(t)
	scalertest.Suite{Driver: seleniumgrid.Driver(), Start: func(tb testing.TB) scalertest.Source {
		prefix := fmt.Sprintf("browser-%d-", time.Now().UnixNano())
		trigger := func(name string) scalertest.Trigger {
			return scalertest.Trigger{Spec: r.spec(prefix+name, password), Set: r.newLine(tb, prefix+name).set}
		}
		denied := r.spec(prefix+"a", wrong)
		return scalertest.Source{
			Trigger: trigger("a"), Levels: []float64{0, 1, 3},
			ActivationKey: "activationThreshold",
			Secrets:       []string{password, wrong},
			Denied:        &denied,
			MaxConns:      40, // with a time limit at hand, questions are put side by side
			Peers: func(n int) []scalertest.Trigger {
				peers := make([]scalertest.Trigger, n)
				for i := range peers {
					peers[i] = trigger(fmt.Sprintf("peer-%d", i))
				}
				return peers
			},
		}
	}}.Run(t)
}

// TestANodeOnServer puts requests beside what the Grid says of its node, which has
// two slots for Chrome.
func TestANodeOnServer(t *testing.T) {
	r := newReal(t)
	answer, err := r.post(t.Context(), "/graphql", `{"query":"{ nodesInfo { nodes { status, sessionCount, maxSession, stereotypes, sessions { slot { stereotype } } } } }"}`)
	require.NoError(t, err)
	var real struct {
		Data struct{ NodesInfo struct{ Nodes []node } }
	}
	require.NoError(t, json.Unmarshal(answer, &real))
	nodes := real.Data.NodesInfo.Nodes
	require.Equal(t, "1", read(t, state(nodes, chrome, chrome, chrome), values{"browserName": "chrome", "platformName": onLinux}))
	require.Equal(t, "1", read(t, state(nodes, firefox), values{"browserName": "firefox", "platformName": onLinux}))
}
