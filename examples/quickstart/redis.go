package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/scalerkit/scalerkit"
	redisscaler "github.com/scalerkit/scalerkit/scalers/redis"
)

// redisBroker keeps each queue in a list. A message that is being worked on is
// in a third one, so that it is in a list at any time: should the process be
// killed, all three stay.
type redisBroker struct {
	name    string
	options *redis.Options
	client  *redis.Client
	server  *miniredis.Miniredis // nil if it is not ours

	inbound, processing, outbound string
}

// openEmbedded starts a server inside this process.
func openEmbedded(ctx context.Context) (broker, error) {
	server, err := miniredis.Run()
	if err != nil {
		return nil, fmt.Errorf("start the embedded Redis: %w", err)
	}
	b := newRedis("embedded Redis", &redis.Options{Addr: server.Addr()})
	b.server = server
	return b, b.ping(ctx)
}

func openRedis(ctx context.Context, options *redis.Options) (broker, error) {
	b := newRedis("Redis at "+options.Addr, options)
	if err := b.ping(ctx); err != nil {
		return nil, errors.Join(err, b.client.Close())
	}
	return b, nil
}

func newRedis(name string, options *redis.Options) *redisBroker {
	options.MaxRetries = -1 // whoever repeats a command that was carried out doubles a message
	options.DialerRetries = 1
	options.DialTimeout = 5 * time.Second
	options.Protocol = 2
	options.DisableIdentity = true
	prefix := queuePrefix()
	return &redisBroker{
		name:       name,
		options:    options,
		client:     redis.NewClient(options),
		inbound:    prefix + "inbound",
		processing: prefix + "processing",
		outbound:   prefix + "outbound",
	}
}

// queuePrefix returns what the names of the queues begin with, which nobody
// else uses.
func queuePrefix() string { return "scalerkit-quickstart-" + rand.Text()[:8] + "-" }

func (b *redisBroker) ping(ctx context.Context) error {
	if err := b.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	return nil
}

func (b *redisBroker) String() string { return b.name }

func (b *redisBroker) Scaler(target int) (scalerkit.Scaler, error) {
	return redisscaler.New(redisscaler.Config{
		Server: redisscaler.Server{
			Addresses: []string{b.options.Addr},
			Username:  b.options.Username,
			Password:  scalerkit.NewSecret(b.options.Password),
			Database:  b.options.DB,
			EnableTLS: b.options.TLSConfig != nil,
		},
		ListName:   b.inbound,
		ListLength: int64(target),
	}, scalerkit.Options{})
}

func (b *redisBroker) Publish(ctx context.Context, messages []string) error {
	return b.client.RPush(ctx, b.inbound, messages).Err()
}

func (b *redisBroker) TakeResults(ctx context.Context) ([]string, error) {
	return b.takeAll(ctx, b.outbound)
}

func (b *redisBroker) TakeRest(ctx context.Context) ([]string, error) {
	return b.takeAll(ctx, b.inbound)
}

// takeAll reads a list and removes what it has read.
func (b *redisBroker) takeAll(ctx context.Context, list string) ([]string, error) {
	messages, err := b.client.LPopCount(ctx, list, 1_000_000).Result()
	if errors.Is(err, redis.Nil) { // there is no list because it is empty
		return nil, nil
	}
	return messages, err
}

func (b *redisBroker) Close() error {
	err := b.client.Del(context.Background(), b.inbound, b.processing, b.outbound).Err()
	err = errors.Join(err, b.client.Close())
	if b.server != nil {
		b.server.Close()
	}
	return err
}

func (b *redisBroker) Connect() (hands, error) { return &redisHands{redisBroker: b}, nil }

type redisHands struct {
	*redisBroker
	message string
}

func (h *redisHands) Take() (string, bool, error) {
	message, err := h.client.LMove(context.Background(), h.inbound, h.processing, "LEFT", "RIGHT").Result()
	if errors.Is(err, redis.Nil) {
		return "", false, nil
	}
	h.message = message
	return message, err == nil, err
}

func (h *redisHands) Finish(result string) error {
	return h.move(func(ctx context.Context, p redis.Pipeliner) { p.RPush(ctx, h.outbound, result) })
}

func (h *redisHands) GiveBack() error {
	return h.move(func(ctx context.Context, p redis.Pipeliner) { p.LPush(ctx, h.inbound, h.message) })
}

// move takes the message out of processing and puts something elsewhere, in a
// transaction: both happen, or neither.
func (h *redisHands) move(put func(context.Context, redis.Pipeliner)) error {
	ctx := context.Background()
	_, err := h.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.LRem(ctx, h.processing, 1, h.message)
		put(ctx, p)
		return nil
	})
	return err
}

func (h *redisHands) Close() error { return nil } // the client is shared
