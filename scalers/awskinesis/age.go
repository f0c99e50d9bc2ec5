package awskinesis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// maxEmpty is how many answers without a record are read before Kinesis' own
// estimate has to do. There are some where a shard has gaps.
const maxEmpty = 5

// wake is for how long a record calls for a replica of a consumer that would
// begin at the tip of its shard. Had it been running, it would have read the
// record; once it runs again, it passes over that and reads the next.
const wake = 10 * time.Minute

// iteratorAge returns for how many seconds the oldest record has been in the
// stream that the consumer has not got past, 0 if there is none, and a shard
// that received records lately although the consumer would begin at its tip.
func (c *client) iteratorAge(ctx context.Context, stream, leaseTable string) (a answer, err error) {
	parents, err := c.parents(ctx, stream)
	if err != nil {
		return a, err
	}
	checkpoints, err := c.leases(ctx, stream, leaseTable)
	if err != nil {
		return a, fmt.Errorf("lease table: %w", err)
	}
	oldest := time.Duration(0)
	for _, p := range positions(parents, checkpoints) {
		age, err := c.ageAt(ctx, stream, p)
		switch {
		case err != nil:
			return a, fmt.Errorf("shard %s: %w", p.shard, err)
		case p.after != latest:
			oldest = max(oldest, age)
		case age > 0:
			a.awaited = cmp.Or(a.awaited, p.shard)
		}
	}
	a.value = math.Ceil(oldest.Seconds())
	return a, nil
}

// ageAt returns for how long the first record behind a position has been
// there, 0 if there is none. Behind the tip, only those count that wake the
// consumer.
func (c *client) ageAt(ctx context.Context, stream string, p position) (time.Duration, error) {
	in := &kinesis.GetShardIteratorInput{StreamName: &stream, ShardId: &p.shard}
	switch p.after {
	case "":
		in.ShardIteratorType = types.ShardIteratorTypeTrimHorizon
	case latest:
		since := c.now().Add(-wake)
		in.ShardIteratorType, in.Timestamp = types.ShardIteratorTypeAtTimestamp, &since
	default:
		in.ShardIteratorType, in.StartingSequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, &p.after
	}
	start, err := c.kinesis.GetShardIterator(ctx, in)
	if err != nil {
		return 0, c.Explain(err)
	}
	iterator, one, behind := start.ShardIterator, int32(1), time.Duration(0)
	for range maxEmpty {
		out, err := c.kinesis.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: iterator, Limit: &one})
		switch {
		case err != nil:
			return 0, c.Explain(err)
		case len(out.Records) > 0:
			return ageOf(out.Records[0], c.now())
		case out.NextShardIterator == nil: // the shard is closed and has no more
			return 0, nil
		case out.MillisBehindLatest == nil:
			return 0, errors.New("Kinesis does not say whether that is the end of the shard")
		}
		if behind = time.Duration(*out.MillisBehindLatest) * time.Millisecond; behind == 0 {
			return 0, nil
		}
		iterator = out.NextShardIterator
	}
	return behind, nil
}

// ageOf returns how old a record is. As it is there, it has an age, even if
// the clock here is behind that of Kinesis.
func ageOf(r types.Record, now time.Time) (time.Duration, error) {
	if r.ApproximateArrivalTimestamp == nil {
		return 0, errors.New("Kinesis does not say when a record arrived")
	}
	return max(time.Millisecond, now.Sub(*r.ApproximateArrivalTimestamp)), nil
}
