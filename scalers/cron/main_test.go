package cron_test

import (
	"testing"
	_ "time/tzdata" // for machines without time zones

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
