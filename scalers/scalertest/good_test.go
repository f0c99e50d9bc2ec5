package scalertest_test

import (
	"testing"

	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func TestGoodDriverPasses(t *testing.T) {
	scalertest.Suite{Driver: Driver(), New: scalertest.Typed(New), Start: startFake}.Run(t)
}
