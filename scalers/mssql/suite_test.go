package mssql_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource/sqlsourcetest"
	"github.com/scalerkit/scalerkit/scalers/mssql"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

const wrong = "not-the-password"

// TestSuiteOnFake leaves who speaks TLS in the server's place to TestTLS, since
// TLS begins within the protocol.
func TestSuiteOnFake(t *testing.T) {
	sqlsourcetest.Kit{
		Driver: mssql.Driver(), New: scalertest.Typed(mssql.New),
		TargetKey: "targetValue", ActivationKey: "activationTargetValue",
		Errors: map[string]string{"no row": ""},
		Start: func(tb testing.TB) sqlsourcetest.Database {
			f := newFake(tb)
			host, port, err := net.SplitHostPort(f.address)
			require.NoError(tb, err)
			spec := func(password string) scalerkit.Spec {
				return scalerkit.Spec{Type: "mssql", Name: "orders", Metadata: values{
					"host": host, "port": port, "username": username, "database": database, "targetValue": "5",
				}, Auth: scalerkit.Secrets(values{"password": password})}
			}
			return sqlsourcetest.Database{
				Set: f.Set, Slow: sqlsourcetest.Slow, Spec: spec(password), Denied: spec(wrong), Secrets: []string{password, wrong},
			}
		},
	}.Run(t)
}
