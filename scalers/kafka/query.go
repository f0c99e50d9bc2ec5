package kafka

import (
	"fmt"
	"strings"

	"github.com/scalerkit/scalerkit"
)

// A query is what one trigger asks of the cluster.
type query struct {
	group  string
	topics string // sorted, with commas between; none: all that the group has committed offsets of
	regex  bool   // topics is a regular expression
	only   partitions
	end    logKind // what counts as the end of the log
}

// String says what is read, for errors.
func (q query) String() string {
	switch {
	case q.isWhole():
		return fmt.Sprintf("lag of group %q", q.group)
	case q.regex:
		return fmt.Sprintf("lag of group %q in topics that match %q", q.group, q.topics)
	case !strings.Contains(q.topics, ","):
		return fmt.Sprintf("lag of group %q in topic %q", q.group, q.topics)
	}
	return fmt.Sprintf("lag of group %q in topics %q", q.group, q.topics)
}

// isWhole reports whether the query is about all topics of the group.
func (q query) isWhole() bool { return q.topics == "" }

// names returns the topics that are given.
func (q query) names() []string {
	if q.isWhole() || q.regex {
		return nil
	}
	return strings.Split(q.topics, ",")
}

// nothing returns the error for a query that turns out to be about nothing.
func (q *inquiry) nothing() error {
	switch {
	case q.regex && len(q.topics) == 0:
		return fmt.Errorf("%w: there is no such topic that this user may see", scalerkit.ErrNotFound)
	case q.isWhole():
		return fmt.Errorf("%w: the group has no committed offsets that would tell its topics: name them in topic", scalerkit.ErrNotFound)
	}
	return fmt.Errorf("%w: none of its partitions is within partitionLimitation", scalerkit.ErrNotFound)
}
