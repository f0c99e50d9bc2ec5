package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/process"
)

// A phase is a part of the benchmark, and what was measured in it.
type phase struct {
	name  string
	took  time.Duration // from its begin until all is as it should be
	of    time.Duration // of that, until all was applied, or the first Deployment was told; or before that, until all was idle
	plane process.Usage // CPU time in the phase, and memory, of the control plane
	own   process.Usage // and of the operator
	calls []tally       // of the operator or the bare client
}

// scaled is how a Deployment is told its size. A burst lasts from the first that is
// until the last one has been, by the API server's clock: who watches Deployments learns
// of it later, while their pods come.
var scaled = call{"patch", "deployments/scale"}

// measure goes through a phase. What do returns is a part of the time that it takes.
func (b *bench) measure(ctx context.Context, name string, do func(context.Context) (time.Duration, error)) error {
	p := phase{name: name}
	profiled := b.profile(ctx, name)
	plane, own, err := b.usage()
	if err != nil {
		return err
	}
	began := time.Now()
	if p.of, err = do(ctx); err != nil {
		return err
	}
	p.took = time.Since(began)
	if p.plane, p.own, err = b.usage(); err != nil {
		return err
	}
	p.plane.CPU -= plane.CPU
	p.own.CPU -= own.CPU
	if err := profiled(); err != nil {
		return err
	}
	if p.calls, err = b.audit.calls(); err != nil {
		return err
	}
	if name == bursting {
		i := slices.IndexFunc(p.calls, func(t tally) bool { return t.call == scaled })
		if i < 0 || p.calls[i].made-p.calls[i].failed < b.objects {
			return fmt.Errorf("the audit log does not have all %d calls that scale", b.objects)
		}
		p.of, p.took = p.calls[i].first.Sub(began), p.calls[i].last.Sub(began)
	}
	b.phases = append(b.phases, p)
	fmt.Fprintf(os.Stderr, "%s: %s took %s\n", b.who(), name, seconds(p.took))
	return nil
}

// usage returns what the control plane has taken, and the operator.
func (b *bench) usage() (plane, own process.Usage, err error) {
	if plane, err = b.cluster.Usage(); err == nil && b.operator != nil {
		own, err = b.operator.Usage()
	}
	return plane, own, err
}

func (b *bench) who() string {
	if b.operator == nil {
		return "the bare client"
	}
	return "the operator"
}

// prepare makes everything but the ScaledObjects.
func (b *bench) prepare(ctx context.Context) error {
	if err := b.apply(ctx, space+broker.Authentication(b.redis.Password)); err != nil {
		return err
	}
	return b.each(ctx, applying, func(ctx context.Context, i int) error { return b.apply(ctx, fmt.Sprintf(deployment, b.name(i))) })
}

// create makes the ScaledObjects and waits for the HPAs. It calls then for each
// that was made.
func (b *bench) create(ctx context.Context, then func(context.Context, int) error) error {
	hpas, err := b.watchHPAs(ctx)
	if err != nil {
		return err
	}
	return b.measure(ctx, creation, func(ctx context.Context) (time.Duration, error) {
		began := time.Now()
		var follow errgroup.Group
		follow.SetLimit(applying)
		err := b.each(ctx, applying, func(applying context.Context, i int) error {
			err := b.apply(applying, fmt.Sprintf(scaledObject, b.name(i), b.redis.Address))
			if err == nil {
				follow.Go(func() error { return then(ctx, i) })
			}
			return err
		})
		if err != nil {
			return 0, err
		}
		applied := time.Since(began)
		if err := follow.Wait(); err != nil {
			return 0, err
		}
		return applied, hpas.await(ctx, b.objects, func(any) bool { return true })
	})
}

// rest looks at what goes on while all lists are empty.
func (b *bench) rest(ctx context.Context) error {
	began := time.Now()
	for {
		if err := wait(ctx, settling); err != nil {
			return err
		}
		calls, err := b.audit.calls()
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(calls, followsCreation) {
			break
		}
	}
	settled := time.Since(began)
	return b.measure(ctx, idleness, func(ctx context.Context) (time.Duration, error) { return settled, wait(ctx, b.idle) })
}

// followsCreation says whether a call was made since objects were created.
func followsCreation(t tally) bool {
	return t.resource == "scaledobjects/status" || t.resource == "events"
}

// burst has all Deployments get their replicas at once. The operator waits for the next
// poll before that, and the bare client for nothing.
func (b *bench) burst(ctx context.Context, begin func(context.Context) error) error {
	deployments, err := b.watchDeployments(ctx)
	if err != nil {
		return err
	}
	return b.measure(ctx, bursting, func(ctx context.Context) (time.Duration, error) {
		if err := begin(ctx); err != nil {
			return 0, err
		}
		return 0, deployments.await(ctx, b.objects, hasReplicas(int32(b.replicas)))
	})
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
