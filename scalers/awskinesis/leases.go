package awskinesis

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// What stands in place of a sequence number in a lease.
const (
	shardEnd    = "SHARD_END"    // the consumer is done with the shard
	latest      = "LATEST"       // it begins with whatever comes after it
	trimHorizon = "TRIM_HORIZON" // it begins with the oldest record
	atTimestamp = "AT_TIMESTAMP" // it begins at a time that only it knows
)

// leases returns the checkpoint that the consumer has for each shard of the
// stream that it knows.
func (c *client) leases(ctx context.Context, stream, table string) (map[string]string, error) {
	checkpoints := make(map[string]string)
	projection := "leaseKey, checkpoint"
	pages := dynamodb.NewScanPaginator(c.dynamodb, &dynamodb.ScanInput{TableName: &table, ProjectionExpression: &projection})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.Explain(err)
		}
		for _, item := range out.Items {
			key, hasKey := item["leaseKey"].(*types.AttributeValueMemberS)
			checkpoint, hasCheckpoint := item["checkpoint"].(*types.AttributeValueMemberS)
			if !hasKey || !hasCheckpoint {
				return nil, errors.New("it has an item that is no lease of the Kinesis Client Library")
			}
			if shard, ok := shardOf(key.Value, stream); ok {
				checkpoints[shard] = checkpoint.Value
			}
		}
	}
	return checkpoints, nil
}

// shardOf returns the shard that a lease is for. The leases of an application
// that consumes several streams have keys account:stream:epoch:shard.
func shardOf(leaseKey, stream string) (shard string, ok bool) {
	parts := strings.Split(leaseKey, ":")
	if len(parts) == 4 {
		return parts[3], parts[1] == stream
	}
	return leaseKey, true
}

// parents returns all shards of the stream, each with those that it was split
// off or merged from.
func (c *client) parents(ctx context.Context, stream string) (map[string][]string, error) {
	shards, err := c.listShards(ctx, stream, nil)
	if err != nil {
		return nil, c.Explain(err)
	}
	parents := make(map[string][]string, len(shards))
	for _, s := range shards {
		if s.ShardId == nil {
			return nil, errors.New("Kinesis lists a shard without a name")
		}
		parents[*s.ShardId] = nil
		for _, parent := range []*string{s.ParentShardId, s.AdjacentParentShardId} {
			if parent != nil {
				parents[*s.ShardId] = append(parents[*s.ShardId], *parent)
			}
		}
	}
	return parents, nil
}

// A position is how far the consumer is in a shard.
type position struct {
	shard string
	after string // sequence number, or latest; empty: the consumer has not begun
}

// positions returns where the consumer has yet to go on.
//
// A shard without a lease is one that the consumer has still to begin with,
// unless it has leases for shards that came of it: then it is done with the
// shard, or was told to leave it out.
func positions(parents map[string][]string, checkpoints map[string]string) []position {
	passed := make(map[string]bool)
	var pass func(shard string)
	pass = func(shard string) {
		for _, parent := range parents[shard] {
			if !passed[parent] {
				passed[parent] = true
				pass(parent)
			}
		}
	}
	for shard := range checkpoints {
		pass(shard)
	}
	var open []position
	for shard := range parents {
		switch checkpoint, leased := checkpoints[shard]; {
		case !leased && passed[shard], checkpoint == shardEnd:
		case !leased, checkpoint == trimHorizon, checkpoint == atTimestamp:
			open = append(open, position{shard: shard})
		default:
			open = append(open, position{shard: shard, after: checkpoint})
		}
	}
	slices.SortFunc(open, func(a, b position) int { return strings.Compare(a.shard, b.shard) })
	return open
}
