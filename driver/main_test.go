package driver_test

import (
	"testing"

	"go.uber.org/goleak"
)

const sentinel = "hunter2"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
