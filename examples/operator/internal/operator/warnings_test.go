package operator

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
)

func TestWhatIsNotSafeIsTold(t *testing.T) {
	cloud := filepath.Join(t.TempDir(), "token")
	token := storetest.Token(map[string]any{"sub": "system:serviceaccount:keda:operator", "aud": "sts.amazonaws.com", "exp": time.Now().Add(time.Hour).Unix()})
	require.NoError(t, os.WriteFile(cloud, []byte(token+"\n"), 0o600))
	lookUp := func(name string) (string, bool) { return cloud, name == "AWS_WEB_IDENTITY_TOKEN_FILE" }
	for name, test := range map[string]struct {
		args      []string
		variables map[string]string
		want      string
	}{
		"nothing": {},
		"audiences of others": {variables: map[string]string{
			"KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES": "[{audience: vault}, {audience: sts.amazonaws.com, namespace: shop, serviceAccountName: reader}]",
			"KEDA_OUTBOUND_FILTER":                 "hashiCorpVault: {mode: enforce}",
		}},
		"legacy": {
			args: []string{"--service-account-token-mode=legacy"},
			want: `level=WARN msg="tenants can have tokens that the API server takes sent to addresses of theirs: --service-account-token-mode=legacy"` + "\n",
		},
		"a filter that warns": {
			variables: map[string]string{"KEDA_OUTBOUND_FILTER": "hashiCorpVault: {mode: warn}"},
			want:      `level=WARN msg="tenants can use any HashiCorp Vault: KEDA_OUTBOUND_FILTER only warns"` + "\n",
		},
		"the audience of a cloud": {
			variables: map[string]string{"KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES": "[{audience: sts.amazonaws.com}]"},
			want:      `level=WARN msg="tenants can have an identity of the operator sent to addresses of theirs: its audiences are in KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES" file=` + cloud + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := Parse(test.args, env(test.variables), &bytes.Buffer{})
			require.NoError(t, err)
			var log bytes.Buffer
			warn(t.Context(), config, lookUp, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: withoutTime})))
			require.Equal(t, test.want, log.String())
		})
	}
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
