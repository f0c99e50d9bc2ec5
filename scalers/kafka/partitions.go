package kafka

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// partitions are numbers of partitions, as ranges, each with its first and its
// last in four bytes, so that they are comparable. None at all means every
// partition.
type partitions string

// parsePartitions reads numbers and ranges such as "1, 2, 10-20".
func parsePartitions(text string) (partitions, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	var all []byte
	for element := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(element, "-")
		if !isRange {
			last = first
		}
		from, ok := parsePartition(first)
		to, alsoOK := parsePartition(last)
		if !ok || !alsoOK {
			return "", fmt.Errorf("%q is not a number or a range such as 10-20", strings.TrimSpace(element))
		}
		if from > to {
			return "", fmt.Errorf("%q runs backwards", strings.TrimSpace(element))
		}
		all = binary.BigEndian.AppendUint32(all, from)
		all = binary.BigEndian.AppendUint32(all, to)
	}
	return partitions(all), nil
}

func parsePartition(text string) (uint32, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	return uint32(n), err == nil && n >= 0
}

// include reports whether a partition is one of them.
func (p partitions) include(partition int32) bool {
	n := uint32(partition)
	for rest := p; rest != ""; rest = rest[8:] {
		if binary.BigEndian.Uint32([]byte(rest[:4])) <= n && n <= binary.BigEndian.Uint32([]byte(rest[4:8])) {
			return true
		}
	}
	return p == ""
}
