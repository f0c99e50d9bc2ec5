package sources

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPostgreSQL(t *testing.T) {
	host, port, err := net.SplitHostPort(server(t, "SCALERKIT_TEST_POSTGRESQL"))
	require.NoError(t, err)
	run := func(ctx context.Context, statement string) error {
		psql := exec.CommandContext(ctx, "psql", "--no-psqlrc", "--host="+host, "--port="+port, "--username="+user, "--command="+statement, "postgres")
		psql.Env = append(os.Environ(), "PGPASSWORD="+password)
		out, err := psql.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("psql: %w: %s", err, out)
		}
		return err
	}
	require.NoError(t, run(t.Context(), "CREATE TABLE orders (number int)"))
	source{
		trigger: fmt.Sprintf(`type: postgresql, metadata: {
			host: %s, port: %q, userName: %s, dbName: postgres, sslmode: require,
			query: SELECT count(*) FROM orders, targetQueryValue: "5"}`, host, port, user),
		parameters: map[string]string{"password": password},
		replicas:   20,
		arrive: func(ctx context.Context) error {
			return run(ctx, fmt.Sprintf("INSERT INTO orders SELECT generate_series(1, %d)", messages))
		},
		leave: func(ctx context.Context) error { return run(ctx, "DELETE FROM orders") },
	}.scales(t)
}
