package azureappinsights_test

import (
	"testing"

	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
)

func TestMain(m *testing.M) { azuretest.Main(m) }
