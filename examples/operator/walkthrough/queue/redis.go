package queue

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisWait is how long the server is asked to wait for a message. The client
// does not hear of the end of a context meanwhile.
const redisWait = time.Second

// redisQueue is both ends of a list. Messages go in on the left and come out on
// the right.
type redisQueue struct {
	client *redis.Client
	name   string
}

func openRedis(connection, name string) (*redisQueue, error) {
	options, err := redis.ParseURL(connection)
	if err != nil {
		return nil, errors.New("the connection is no URL such as redis://user:password@host:6379; special characters in user and password have to be escaped")
	}
	options.MaxRetries = -1 // whoever repeats what was carried out doubles a message
	options.ReadTimeout = 5 * time.Second
	return &redisQueue{client: redis.NewClient(options), name: name}, nil
}

func (q *redisQueue) Send(ctx context.Context, text string) error {
	return about(q.client.LPush(ctx, q.name, text).Err(), "send to list", q.name)
}

func (q *redisQueue) Receive(ctx context.Context) (Message, error) {
	taken := q.name + "-taken"
	for {
		if err := ctx.Err(); err != nil {
			return Message{}, err
		}
		text, err := q.client.BLMove(context.WithoutCancel(ctx), q.name, taken, "RIGHT", "LEFT", redisWait).Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return Message{}, about(err, "receive from list", q.name)
		}
		remove := func(ctx context.Context, more func(redis.Pipeliner)) error {
			_, err := q.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
				p.LRem(ctx, taken, 1, text)
				more(p)
				return nil
			})
			return about(err, "remove a message from list", taken)
		}
		return Message{
			Text: text,
			Done: func(ctx context.Context) error { return remove(ctx, func(redis.Pipeliner) {}) },
			GiveBack: func(ctx context.Context) error {
				return remove(ctx, func(p redis.Pipeliner) { p.RPush(ctx, q.name, text) })
			},
		}, nil
	}
}

func (q *redisQueue) Close() error { return q.client.Close() }
