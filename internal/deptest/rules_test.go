package deptest_test

import (
	"slices"
	"testing"

	"github.com/scalerkit/scalerkit/internal/deptest"
)

var (
	tlsconf = []string{
		"github.com/youmark/pkcs8",
		"golang.org/x/crypto",
	}
	httpx = []string{
		"golang.org/x/oauth2",
	}
	redis = slices.Concat(tlsconf, []string{
		"github.com/cespare/xxhash/v2",
		"github.com/dgryski/go-rendezvous",
		"github.com/redis/go-redis/v9",
		"go.uber.org/atomic",
	})
	rabbitmq = slices.Concat(tlsconf, httpx, []string{
		"github.com/rabbitmq/amqp091-go",
	})
	all = slices.Concat(rabbitmq, redis)
)

func TestPackagesLinkOnlyWhatTheyMay(t *testing.T) {
	deptest.Rules{
		".":         nil,
		"autoscale": nil,
		"autoscale/formula": {
			"github.com/expr-lang/expr",
		},
		"scalers/all":        all,
		"scalers/rabbitmq":   rabbitmq,
		"scalers/redis":      redis,
		"scalers/scalertest": nil,

		"internal/deptest":          nil,
		"internal/gendocs":          all,
		"internal/httpx":            httpx,
		"internal/testenv":          nil,
		"internal/tlsconf":          tlsconf,
		"internal/weight":           nil,
		"internal/weight/redis":     redis,
		"internal/weight/redisbare": redis[len(tlsconf):],
	}.Check(t, "../..")
}
