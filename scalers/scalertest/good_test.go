package scalertest_test

import (
	"testing"

	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func TestGoodDriverPasses(t *testing.T) {
	scalertest.Suite{Driver: Driver(), Start: startFake}.Run(t)
}
