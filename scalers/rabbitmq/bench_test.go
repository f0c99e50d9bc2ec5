package rabbitmq_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// benchQueues is how many queues a round reads.
const benchQueues = 1000

func benchQueue(i int) string { return fmt.Sprintf("bench-%d", i) }

// BenchmarkRound reads 1,000 queues of the real server in turn by a bare
// client, with the same requests, and by as many triggers, and reports the
// ratio of the two.
func BenchmarkRound(b *testing.B) {
	b.Run("AMQP", func(b *testing.B) {
		conn, err := amqp.Dial(serverURL(b, "SCALERKIT_TEST_RABBITMQ_AMQP").String())
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, conn.Close()) })
		var channels []*amqp.Channel
		for range 4 {
			channel, err := conn.Channel()
			require.NoError(b, err)
			channels = append(channels, channel)
		}
		benchmarkRound(b, "SCALERKIT_TEST_RABBITMQ_AMQP", func() {
			var wait sync.WaitGroup
			for first, channel := range channels {
				wait.Go(func() {
					for i := first; i < benchQueues; i += len(channels) {
						if q, err := channel.QueueDeclarePassive(benchQueue(i), false, false, false, false, nil); err != nil || q.Messages != 1 {
							b.Error(q, err)
						}
					}
				})
			}
			wait.Wait()
		})
	})
	b.Run("HTTP", func(b *testing.B) {
		client := &http.Client{Transport: &http.Transport{}}
		b.Cleanup(client.CloseIdleConnections)
		host := serverURL(b, "SCALERKIT_TEST_RABBITMQ_HTTP").String()
		benchmarkRound(b, "SCALERKIT_TEST_RABBITMQ_HTTP", func() {
			found := 0
			for number, pages := 1, 1; number <= pages; number++ {
				address := fmt.Sprintf("%sapi/queues/%%2F%s&page_size=500&page=%d", host, columns, number)
				request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, http.NoBody)
				require.NoError(b, err)
				response, err := client.Do(request)
				if err != nil {
					b.Fatal(err)
				}
				var page struct {
					PageCount int `json:"page_count"`
					Items     []struct {
						Name     string
						Messages int
					}
				}
				err = json.NewDecoder(response.Body).Decode(&page)
				response.Body.Close()
				if err != nil {
					b.Fatal(err)
				}
				pages = page.PageCount
				for _, q := range page.Items {
					found += q.Messages
				}
			}
			if found < benchQueues {
				b.Fatal(found)
			}
		})
	})
}

func benchmarkRound(b *testing.B, variable string, bare func()) {
	ctx := context.Background()
	host := serverURL(b, variable).String()
	channel := serverChannel(b)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	scalers := make([]scalerkit.Scaler, benchQueues)
	for i := range scalers {
		require.NoError(b, fill(ctx, b, channel, benchQueue(i), 1))
		scalers[i] = opened(b, options, values{"host": host, "queueName": benchQueue(i)}, nil)
	}
	requireValueSoon(b, 1, scalers[benchQueues-1])
	time.Sleep(time.Second) // for the statistics of the others

	ours := func() {
		for _, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != 1 {
				b.Fatal(r)
			}
		}
	}
	scalertest.Compare(b, bare, ours)
}
