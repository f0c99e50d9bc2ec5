package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
)

// measure has so many clients ask for metrics at random, each one after the
// other.
func (b *bench) measure(ctx context.Context, api cluster.Aggregated, clients int, length time.Duration, into *measurement) error {
	took := make([][]time.Duration, clients)
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for i := range clients {
		c, err := b.client()
		if err != nil {
			return err
		}
		group.Go(func() error {
			for time.Since(began) < length {
				start := time.Now()
				if err := get(ctx, c, b.url(api, rand.IntN(b.metrics))); err != nil {
					return err
				}
				took[i] = append(took[i], time.Since(start))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	into.total += time.Since(began)
	for _, t := range took {
		into.took = append(into.took, t...)
	}
	return nil
}

// client returns one with connections of its own.
func (b *bench) client() (*http.Client, error) {
	config := b.cluster.Config()
	transport, err := rest.TLSConfigFor(config)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: transport, ForceAttemptHTTP2: true}}, nil
}

// url is what the HPA controller asks for the i-th metric.
func (b *bench) url(api cluster.Aggregated, i int) string {
	return fmt.Sprintf("%s/apis/%s/%s/namespaces/load/s0-redis-orders?labelSelector=scaledobject.keda.sh%%2Fname%%3Dworker-%d",
		b.cluster.Config().Host, api.Group, api.Version, i)
}

// get wants an answer with code 200.
func get(ctx context.Context, c *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := c.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", url, response.Status, body)
	}
	return err
}
