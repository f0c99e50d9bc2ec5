package sources

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// What every server lets in.
const (
	user     = "scalerkit"
	password = "scalerkit-test"
)

func connect(t *testing.T, options *redis.UniversalOptions) redis.UniversalClient {
	options.Password = password
	client := redis.NewUniversalClient(options)
	t.Cleanup(func() { client.Close() })
	return client
}

// list returns a list that comes at once and is gone at once.
func list(trigger, server string, client redis.UniversalClient) source {
	return source{
		trigger:    fmt.Sprintf(`type: %s, metadata: {%s, listName: orders, listLength: "5"}`, trigger, server),
		parameters: map[string]string{"password": password},
		replicas:   20,
		arrive: func(ctx context.Context) error {
			return client.RPush(ctx, "orders", make([]any, messages)...).Err()
		},
		leave: func(ctx context.Context) error { return client.Del(ctx, "orders").Err() },
	}
}

// stream returns a stream with a consumer group that catches up at once.
func stream(t *testing.T, trigger, server string, client redis.UniversalClient) source {
	require.NoError(t, client.XGroupCreateMkStream(t.Context(), "events", "workers", "$").Err())
	return source{
		trigger:    fmt.Sprintf(`type: %s, metadata: {%s, stream: events, consumerGroup: workers, lagCount: "5"}`, trigger, server),
		parameters: map[string]string{"password": password},
		replicas:   20,
		arrive: func(ctx context.Context) error {
			_, err := client.TxPipelined(ctx, func(p redis.Pipeliner) error {
				for range messages {
					p.XAdd(ctx, &redis.XAddArgs{Stream: "events", Values: []any{"text", "hello"}})
				}
				return nil
			})
			return err
		},
		leave: func(ctx context.Context) error {
			return client.XReadGroup(ctx, &redis.XReadGroupArgs{
				Group: "workers", Consumer: "worker", Streams: []string{"events", ">"}, Count: messages, NoAck: true,
			}).Err()
		},
	}
}

func TestRedis(t *testing.T) {
	server := "address: " + r.Redis.Address
	client := connect(t, &redis.UniversalOptions{Addrs: []string{r.Redis.Address}})
	t.Run("list", func(t *testing.T) { list("redis", server, client).scales(t) })
	t.Run("stream", func(t *testing.T) { stream(t, "redis-streams", server, client).scales(t) })
}

func TestRedisCluster(t *testing.T) {
	nodes := server(t, "SCALERKIT_TEST_REDIS_CLUSTER")
	client := connect(t, &redis.UniversalOptions{Addrs: strings.Split(nodes, ",")})
	list("redis-cluster", fmt.Sprintf("addresses: %q", nodes), client).scales(t)
}

func TestRedisSentinel(t *testing.T) {
	sentinel := server(t, "SCALERKIT_TEST_REDIS_SENTINEL")
	client := connect(t, &redis.UniversalOptions{Addrs: []string{sentinel}, MasterName: "scalerkit", SentinelPassword: password})
	stream(t, "redis-sentinel-streams", fmt.Sprintf("addresses: %q, sentinelMaster: scalerkit, sentinelPassword: %s", sentinel, password), client).scales(t)
}
