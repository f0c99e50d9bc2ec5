package azureservicebus_test

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/azureservicebus"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

// listing is the driver in a program that lists the fakes as identity endpoints.
var listing = azuretest.Listing(azureservicebus.Driver())

type values = map[string]string

func with(v, more values) values {
	v = maps.Clone(v)
	maps.Copy(v, more)
	return v
}

// A mode is something that triggers read. What it is, is below a name.
type mode struct {
	metadata func(name string) values
	set      func(f *fake, name string, level int)
	missing  bool // something that does not exist is an error
}

var modes = map[string]mode{
	"Queue": {
		func(name string) values { return values{"queueName": name} },
		func(f *fake, name string, level int) { f.set(name, counts{active: level, deadLetter: 3, scheduled: 4}) },
		true,
	},
	"DeadLetters": {
		func(name string) values { return values{"queueName": name, "messageStates": "deadLetter"} },
		func(f *fake, name string, level int) { f.set(name, counts{active: 5, deadLetter: level}) },
		true,
	},
	"AllStates": {
		func(name string) values {
			return values{"queueName": name, "messageStates": "active,scheduled,deadLetter,transfer,transferDeadLetter"}
		},
		func(f *fake, name string, level int) {
			n := level / 5
			f.set(name, counts{n, n, n, n, level - 4*n})
		},
		true,
	},
	"Subscription": {
		func(name string) values { return values{"topicName": "events", "subscriptionName": name} },
		func(f *fake, name string, level int) {
			f.set("events/subscriptions/"+name, counts{active: level, deadLetter: 3})
		},
		true,
	},
	"QueueSum": {
		func(name string) values { return values{"queueName": name + "-(a|b)", "useRegex": "true"} },
		func(f *fake, name string, level int) {
			f.set(name+"-a", counts{active: level / 2})
			f.set(name+"-b", counts{active: level - level/2})
			f.set("orders-ab", counts{active: 7})
			f.set("not-orders-a", counts{active: 7})
		},
		false,
	},
	"SubscriptionAverage": {
		func(name string) values {
			return values{"topicName": name, "subscriptionName": "work.*", "useRegex": "true", "operation": "avg"}
		},
		func(f *fake, name string, level int) {
			f.set(name+"/subscriptions/worker", counts{active: 0})
			f.set(name+"/subscriptions/works", counts{active: 2 * level})
			f.set(name+"/subscriptions/other", counts{active: 7})
		},
		true,
	},
}

// An access is a way to authenticate.
type access struct {
	spec    func(f *fake) scalerkit.Spec
	denied  func(f *fake) scalerkit.Spec
	secrets []string
	hosts   int // that it connects to
	tls     bool
}

func withConnection(connection string) scalerkit.Spec {
	return scalerkit.Spec{Auth: scalerkit.Secrets(values{"connection": connection})}
}

// signature is a ready-made one for all of the fake.
func signature(f *fake, key string) string {
	return azure.Namespace{KeyName: keyName, Key: scalerkit.NewSecret(key)}.Sign(f.https.URL+"/", time.Now().Add(time.Hour))
}

func withIdentity(f *fake, identity scalerkit.Identity) scalerkit.Spec {
	return scalerkit.Spec{Identity: identity, Metadata: values{"namespace": namespace, "cloud": "Private", "endpointSuffix": f.suffix()}}
}

var accesses = map[string]access{
	"Emulator": {
		func(f *fake) scalerkit.Spec { return withConnection(f.emulator(key)) },
		func(f *fake) scalerkit.Spec { return withConnection(f.emulator(wrong)) },
		[]string{key, wrong, url.QueryEscape(key)}, 1, false,
	},
	"Key": {
		func(f *fake) scalerkit.Spec {
			return withConnection(f.connection("SharedAccessKeyName=" + keyName + ";SharedAccessKey=" + key + ";EntityPath=other"))
		},
		func(f *fake) scalerkit.Spec {
			return withConnection(f.connection("SharedAccessKeyName=Another;SharedAccessKey=" + wrong))
		},
		[]string{key, wrong}, 1, true,
	},
	"Signature": {
		func(f *fake) scalerkit.Spec {
			return withConnection(f.connection("SharedAccessSignature=" + signature(f, key)))
		},
		func(f *fake) scalerkit.Spec {
			return withConnection(f.connection("SharedAccessSignature=" + signature(f, wrong)))
		},
		[]string{"&sig=", key}, 1, true,
	},
	"Identity": {
		func(f *fake) scalerkit.Spec { return withIdentity(f, f.authority.Identity()) },
		func(f *fake) scalerkit.Spec { return withIdentity(f, f.authority.Stranger()) },
		[]string{"of-the-authority", azuretest.Assertion}, 2, true,
	},
}

// trigger adds to the spec what is read.
func trigger(spec scalerkit.Spec, metadata values) scalerkit.Spec {
	spec.Type, spec.Name, spec.Metadata = "azure-servicebus", "orders", with(metadata, spec.Metadata)
	return spec
}

// source describes a mode to the suite. The names begin with prefix.
func source(spec, denied scalerkit.Spec, prefix string, m mode, set func(ctx context.Context, name string, level int) error) scalertest.Source {
	at := func(name string) scalertest.Trigger {
		return scalertest.Trigger{
			Spec: trigger(spec, m.metadata(prefix+name)),
			Set: func(ctx context.Context, level float64) error {
				return set(ctx, prefix+name, int(level))
			},
		}
	}
	refused := trigger(denied, m.metadata(prefix+"orders"))
	s := scalertest.Source{
		Trigger:       at("orders"),
		TargetKey:     "messageCount",
		ActivationKey: "activationMessageCount",
		Denied:        &refused,
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = at(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
	if m.missing {
		missing := trigger(spec, m.metadata(prefix+"missing"))
		s.Missing = &missing
	}
	return s
}

func suiteOnFake(t *testing.T, m mode, a access) {
	t.Parallel()
	if a.tls {
		azuretest.NeedTrust(t)
	}
	suite := scalertest.Suite{Driver: listing, New: scalertest.Typed(azureservicebus.New), Start: func(tb testing.TB) scalertest.Source {
		f := newFake(tb)
		s := source(a.spec(f), a.denied(f), "", m, func(_ context.Context, name string, level int) error {
			m.set(f, strings.ToLower(name), level)
			return nil
		})
		if a.tls {
			s.Secure = &s.Spec
		}
		s.Secrets, s.MaxConns = a.secrets, 2*a.hosts
		return s
	}}
	suite.Run(t)
	httpkit.RunOn(t, suite)
}

func TestSuiteOnFake(t *testing.T) {
	for name, m := range modes {
		t.Run(name, func(t *testing.T) { suiteOnFake(t, m, accesses["Emulator"]) })
	}
	for name, a := range accesses {
		if name != "Emulator" { // that of the modes
			t.Run(name, func(t *testing.T) { suiteOnFake(t, modes["Queue"], a) })
		}
	}
}
