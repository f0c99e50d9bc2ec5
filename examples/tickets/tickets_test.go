package tickets

import (
	"fmt"
	"net/http"
	"path"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

func TestSuite(t *testing.T) {
	httpkit.Kit{
		Driver: Driver(),
		Spec: func(server, desk string) scalerkit.Spec {
			return scalerkit.Spec{Metadata: map[string]string{"server": server, "desk": desk, "tickets": "5"}}
		},
		Thing:     func(r *http.Request) string { return path.Base(r.URL.Path) },
		Body:      func(level float64) string { return fmt.Sprintf(`{"open": %v}`, level) },
		TargetKey: "tickets",
	}.Run(t)
}
