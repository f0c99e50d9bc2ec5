package scenarios

import (
	"fmt"
	"strings"
	"time"
)

// A series is how the number of replicas has changed from 0.
type series []change

// A change is a number of replicas from a time on.
type change struct {
	at       time.Duration
	replicas int
}

// numbers returns the replicas without their times.
func (s series) numbers() []int {
	var numbers []int
	for _, c := range s {
		numbers = append(numbers, c.replicas)
	}
	return numbers
}

// apart returns by how much the times of two series differ at most. They have the
// same numbers.
func (s series) apart(other series) (most time.Duration) {
	for i, c := range s {
		most = max(most, (c.at - other[i].at).Abs())
	}
	return most
}

// sideBySide prints two series.
func sideBySide(real, simulated series) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%20s  %20s\n", "control plane", "simulated")
	for i := range max(len(real), len(simulated)) {
		fmt.Fprintf(&b, "%20s  %20s\n", real.line(i), simulated.line(i))
	}
	return b.String()
}

func (s series) line(i int) string {
	if i >= len(s) {
		return ""
	}
	return fmt.Sprintf("%6.1f s  %2d replicas", s[i].at.Seconds(), s[i].replicas)
}
