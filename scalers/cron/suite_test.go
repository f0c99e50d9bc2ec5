package cron_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit/scalers/cron"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func TestSuite(t *testing.T) {
	scalertest.Suite{Driver: cron.Driver(), New: scalertest.Typed(cron.New), Start: func(testing.TB) scalertest.Source {
		hour := time.Now().UTC().Hour() // the window closes in 11 hours
		open, closed := fmt.Sprintf("0 %d * * *", hour), fmt.Sprintf("0 %d * * *", (hour+12)%24)
		return scalertest.Source{
			Trigger:   scalertest.Trigger{Spec: spec("UTC", open, closed, "24")},
			Levels:    []float64{24},
			NoNetwork: true,
		}
	}}.Run(t)
}
