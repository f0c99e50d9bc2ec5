package kafka

import (
	"fmt"
	"strings"

	"github.com/scalerkit/scalerkit"
)

// A query is what one trigger asks of the cluster.
type query struct {
	group  string
	topics []string // none: all that the group has committed offsets of
	only   partitions
	end    logKind // what counts as the end of the log
}

// String says what is read, for errors.
func (q *query) String() string {
	switch len(q.topics) {
	case 0:
		return fmt.Sprintf("lag of group %q", q.group)
	case 1:
		return fmt.Sprintf("lag of group %q in topic %q", q.group, q.topics[0])
	}
	return fmt.Sprintf("lag of group %q in topics %q", q.group, strings.Join(q.topics, ","))
}

// nothing returns the error for a query that turns out to be about nothing.
func (q *query) nothing() error {
	if len(q.topics) == 0 {
		return fmt.Errorf("%w: the group has no committed offsets that would tell its topics: name them in topic", scalerkit.ErrNotFound)
	}
	return fmt.Errorf("%w: none of its partitions is within partitionLimitation", scalerkit.ErrNotFound)
}
