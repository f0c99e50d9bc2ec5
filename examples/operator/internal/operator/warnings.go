package operator

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/policy"
)

// identityFiles are the variables with the paths of the tokens that clouds take.
var identityFiles = []string{"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AZURE_FEDERATED_TOKEN_FILE"}

// warn tells what the administrator has let tenants do that is not safe.
func warn(ctx context.Context, c Config, getenv func(string) (string, bool), log *slog.Logger) {
	if c.TokenPolicy.Legacy {
		log.WarnContext(ctx, "tenants can have tokens that the API server takes sent to addresses of theirs: --service-account-token-mode="+policy.ModeLegacy)
	}
	if c.VaultEndpoints.Warns() {
		log.WarnContext(ctx, "tenants can use any HashiCorp Vault: "+policy.FilterVariable+" only warns")
	}
	if c.TokenPolicy.Legacy {
		return
	}
	files := []string{apiServerToken}
	for _, name := range identityFiles {
		if file, ok := getenv(name); ok {
			files = append(files, file)
		}
	}
	for _, file := range files {
		token, err := os.ReadFile(file)
		if err == nil && c.TokenPolicy.CheckFile(strings.TrimSpace(string(token)), time.Now()) == nil {
			log.WarnContext(ctx, "tenants can have an identity of the operator sent to addresses of theirs: its audiences are in "+policy.Variable, "file", file)
		}
	}
}
