package influxdb_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/webtest"
	"github.com/scalerkit/scalerkit/scalers/influxdb"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

const (
	secret   = "scalerkit-test"
	database = "scalerkit"
)

// A real is the real server, of version 1, whose API for InfluxQL version 3 has,
// too.
type real struct{ *webtest.Server }

func newReal(tb testing.TB) real {
	return real{webtest.New(tb, "SCALERKIT_TEST_INFLUXDB", http.Header{"Authorization": {"Bearer " + token(secret)}})}
}

// token is a JSON Web Token that is signed with a secret.
func token(secret string) string {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(fmt.Appendf(nil, `{"username":"scalerkit","exp":%d}`, time.Now().Add(time.Hour).Unix()))
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(text)) // which does not fail
	return text + "." + encode(mac.Sum(nil))
}

func (r real) write(ctx context.Context, lines string) error {
	_, err := r.Do(ctx, http.MethodPost, "/write?db="+database, lines)
	return err
}

// unique returns a name that nobody else writes to.
func unique() string { return fmt.Sprintf("test-%d", time.Now().UnixNano()) }

func (r real) spec(database, query, token string) scalerkit.Spec {
	spec := version3(r.URL, query)
	spec.Metadata["database"], spec.Metadata["metricKey"] = database, "level"
	spec.Auth = scalerkit.Secrets(values{"authToken": token})
	return spec
}

func TestSuiteOnServer(t *testing.T) {
	r := newReal(t)
	scalertest.Suite{Driver: influxdb.Driver(), Start: func(tb testing.TB) scalertest.Source {
		prefix, good, bad := unique(), token(secret), token("another")
		trigger := func(name string) scalertest.Trigger {
			return scalertest.Trigger{
				Spec: r.spec(database, fmt.Sprintf(`SELECT level FROM %q`, prefix+name), good),
				Set: func(ctx context.Context, level float64) error {
					return r.write(ctx, fmt.Sprintf("%s level=%v 1", prefix+name, level))
				},
			}
		}
		missing, denied := r.spec("none", "SELECT level FROM a", good), r.spec(database, "SELECT level FROM a", bad)
		return scalertest.Source{
			Trigger:   trigger("a"),
			TargetKey: "thresholdValue", ActivationKey: "activationThresholdValue",
			Secrets: []string{good, bad},
			Missing: &missing, Denied: &denied,
			MaxConns: 40, // with a time limit at hand, questions are put side by side
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

func TestQueriesOnServer(t *testing.T) {
	r := newReal(t)
	require.NoError(t, r.write(t.Context(), "orders,shop=a level=7 1\norders,shop=b level=8 2\nnames level=\"many\" 1"))
	const note = " the query has no row, which counts as 0"
	query := fmt.Sprintf("read query in %q: ", database)
	for text, want := range map[string]string{
		"SELECT level FROM orders":                                "8",
		"SELECT mean(level) AS level FROM orders":                 "7.5",
		"SELECT mean(level) AS level FROM orders GROUP BY shop":   "8",
		"SELECT level FROM none":                                  "0" + note,
		"SELECT level FROM names":                                 query + `column "level" of the last row has no number`,
		"SELECT mean(level) FROM orders":                          query + `column "level" of the last row is null, or there is none`,
		"SELECT level FROM":                                       query + "GET " + r.URL + `/query: 400 Bad Request: {"error":"error parsing query: found EOF, expected identifier at line 1, char 19"}`,
		"SELECT mean(level) AS level FROM orders; SHOW DATABASES": query + "the answer has 2 results: it should have that of one statement",
	} {
		require.Equal(t, want, read(t, r.spec(database, text, token(secret))), text)
	}
}
