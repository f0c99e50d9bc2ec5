package kafka_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kafka"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A variant is a way to read the same lag.
type variant struct {
	driver   scalerkit.Driver
	sasl     string
	old      bool // a broker before Kafka 3.0
	noTopic  bool
	metadata values
	auth     values
}

var newOf = map[string]scalertest.Constructor{
	"kafka":        scalertest.Typed(kafka.New),
	"apache-kafka": scalertest.Typed(kafka.NewApache),
}

var variants = map[string]variant{
	"Open":         {driver: kafka.Driver()},
	"Plain":        {driver: kafka.Driver(), sasl: "plaintext"},
	"SCRAM256":     {driver: kafka.Driver(), sasl: "scram_sha256"},
	"SCRAM512":     {driver: kafka.ApacheDriver(), sasl: "scram_sha512"},
	"WithoutTopic": {driver: kafka.Driver(), sasl: "plaintext", noTopic: true},
	"Committed":    {driver: kafka.ApacheDriver(), metadata: values{"isolationLevel": "read_committed"}},
	"Old":          {driver: kafka.Driver(), old: true},
}

// messages are in each of the partitions of the topic that the suite reads, so
// that there is room for its highest level.
const messages = 40

var filled = []int{messages, messages, messages}

// source describes a variant to the suite. The groups begin with prefix.
func source(v variant, a admin, address, topic, prefix string, maxConns int) scalertest.Source {
	trigger := func(group string) scalertest.Trigger {
		spec := scalerkit.Spec{Type: v.driver.Name(), Name: "orders", Auth: scalerkit.Secrets(v.auth), Metadata: values{
			"bootstrapServers": address, "consumerGroup": prefix + group, "topic": topic,
			"allowIdleConsumers": "true", // for levels of more than the threshold times the partitions
		}.with(v.metadata)}
		if v.noTopic {
			delete(spec.Metadata, "topic")
		}
		if v.sasl != "" {
			spec.Metadata["sasl"] = v.sasl
			spec.Auth = scalerkit.Secrets(values{"username": username, "password": password})
		}
		return scalertest.Trigger{Spec: spec, Set: func(ctx context.Context, level float64) error {
			offsets := make([]int64, len(filled))
			for i := range offsets {
				offsets[i] = messages - (int64(level)+int64(i))/int64(len(filled))
			}
			return a.commit(ctx, prefix+group, topic, offsets...)
		}}
	}
	missing := trigger("a").Spec
	missing.Metadata["topic"] = "missing"
	secure := trigger("a").Spec
	secure.Auth = maps.Clone(secure.Auth)
	secure.Auth["tls"] = scalerkit.NewSecret("enable")
	s := scalertest.Source{
		Trigger:       trigger("a"),
		Secure:        &secure,
		TargetKey:     "lagThreshold",
		ActivationKey: "activationLagThreshold",
		Secrets:       []string{password},
		Missing:       &missing,
		MaxConns:      maxConns,
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
	if v.sasl != "" {
		const wrong = "not-the-password"
		denied := trigger("a").Spec
		denied.Auth = scalerkit.Secrets(values{"username": username, "password": wrong})
		s.Denied, s.Secrets = &denied, []string{password, wrong}
	}
	return s
}

func TestSuiteOnFake(t *testing.T) {
	mechanisms := map[string]string{"plaintext": "PLAIN", "scram_sha256": "SCRAM-SHA-256", "scram_sha512": "SCRAM-SHA-512"}
	for name, v := range variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scalertest.Suite{Driver: v.driver, New: newOf[v.driver.Name()], Start: func(tb testing.TB) scalertest.Source {
				var options []kfake.Opt
				var login []kgo.Opt
				if v.sasl != "" {
					options = append(options, kfake.EnableSASL(), kfake.Superuser("PLAIN", username, password),
						kfake.Superuser(mechanisms[v.sasl], username, password))
					login = append(login, kgo.SASL(plain.Auth{User: username, Pass: password}.AsMechanism()))
				}
				f := newFake(tb, options...)
				f.admin = newAdmin(tb, f.address(), login...)
				f.create(tb, "orders", filled...)
				if v.old {
					f.limit(kmsg.NewPtrOffsetFetchRequest(), 5)
				}
				if v.sasl == "plaintext" {
					f.refuse()
				}
				s := source(v, f.admin, f.address(), "orders", "", brokers)
				if v.sasl != "plaintext" {
					s.Denied = nil // kfake just hangs up
				}
				return s
			}}.Run(t)
		})
	}
}

func TestSuiteOnServer(t *testing.T) {
	var runs atomic.Int64
	for name, v := range variants {
		if v.old {
			continue // the server is not
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			variable := "SCALERKIT_TEST_KAFKA"
			if v.sasl != "" {
				variable = "SCALERKIT_TEST_KAFKA_SASL"
			}
			a, address := server(t, variable)
			topic := fmt.Sprintf("suite-%s-%d", name, time.Now().UnixNano())
			a.create(t, topic, filled...)
			scalertest.Suite{Driver: v.driver, Start: func(tb testing.TB) scalertest.Source {
				return source(v, a, address, topic, fmt.Sprintf("%s-%d-", topic, runs.Add(1)), 1)
			}}.Run(t)
		})
	}
}

// server returns an admin of the real broker, and the address that a variable
// has.
func server(tb testing.TB, variable string) (admin, string) {
	tb.Helper()
	address, login := os.Getenv(variable), os.Getenv("SCALERKIT_TEST_KAFKA")
	if address == "" || login == "" {
		tb.Skip(variable + " is not set: run make test")
	}
	return newAdmin(tb, login), address
}
