package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// burstTime is how long it takes to publish a burst.
const burstTime = 300 * time.Millisecond

// burstSizes are those of the bursts, one after the other and again from the
// front: 1 is what the greatest number of workers is the right size for.
var burstSizes = []float64{1, 0.4, 1.3, 0.7}

// publish fills the inbound queue in bursts, with pauses between them.
func (s *show) publish(ctx context.Context) error {
	bursts, cycle := s.cfg.bursts()
	for i := range bursts {
		// Not in step with the Loop, or all bursts would be noticed equally fast.
		begin := s.begun.Add(time.Duration(i)*cycle + s.cfg.interval + rand.N(s.cfg.interval))
		if !sleep(ctx, time.Until(begin)) {
			return nil
		}
		size := int(burstSizes[i%len(burstSizes)] * float64(s.cfg.max*s.cfg.target))
		if err := s.publishBurst(ctx, i+1, max(size, 1)); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
	s.allPublished.Store(ctx.Err() == nil)
	return nil
}

// publishBurst publishes so many messages, a batch at a time.
func (s *show) publishBurst(ctx context.Context, number, size int) error {
	const batches = 3
	n, _ := s.pool.Replicas(ctx)
	s.watch.begin(n)
	for batch := range batches {
		var messages []string
		for m := size * batch / batches; m < size*(batch+1)/batches; m++ {
			messages = append(messages, fmt.Sprintf("burst %d, message %d", number, m+1))
		}
		if len(messages) > 0 {
			s.ledger.publish(messages)
			// Not interrupted, or nobody knew which of them were published.
			if err := s.broker.Publish(context.WithoutCancel(ctx), messages); err != nil {
				return err
			}
		}
		if !sleep(ctx, burstTime/batches) {
			return nil
		}
	}
	return nil
}
