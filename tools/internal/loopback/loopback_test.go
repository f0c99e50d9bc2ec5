package loopback_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

func TestFreePort(t *testing.T) {
	seen := map[int]bool{}
	for range 50 {
		port := loopback.FreePort()
		assert.False(t, seen[port], "port %d was given out twice", port)
		seen[port] = true
	}
}
