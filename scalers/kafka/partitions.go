package kafka

import (
	"fmt"
	"strconv"
	"strings"
)

// partitions are numbers of partitions, as ranges. None at all means every
// partition.
type partitions []partitionRange

type partitionRange struct{ first, last int32 }

// parsePartitions reads numbers and ranges such as "1, 2, 10-20".
func parsePartitions(text string) (partitions, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var all partitions
	for element := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(element, "-")
		if !isRange {
			last = first
		}
		r := partitionRange{}
		var ok bool
		if r.first, ok = parsePartition(first); ok {
			r.last, ok = parsePartition(last)
		}
		if !ok {
			return nil, fmt.Errorf("%q is not a number or a range such as 10-20", strings.TrimSpace(element))
		}
		if r.first > r.last {
			return nil, fmt.Errorf("%q runs backwards", strings.TrimSpace(element))
		}
		all = append(all, r)
	}
	return all, nil
}

func parsePartition(text string) (int32, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	return int32(n), err == nil && n >= 0
}

// include reports whether a partition is one of them.
func (p partitions) include(partition int32) bool {
	for _, r := range p {
		if r.first <= partition && partition <= r.last {
			return true
		}
	}
	return len(p) == 0
}
