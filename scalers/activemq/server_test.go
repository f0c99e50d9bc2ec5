package activemq_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/activemq"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A broker is one of testenv's, by its Jolokia.
type broker struct {
	address, path string
	spec          func(address, queue string) scalerkit.Spec
	create        func(queue string) call
	empty         func(queue string) call
	send          func(queue string) call
}

// A call is of an operation in JMX.
type call struct {
	Type      string `json:"type"`
	MBean     string `json:"mbean"`
	Operation string `json:"operation"`
	Arguments []any  `json:"arguments"`
}

func needClassic(t testing.TB) broker {
	mbean := func(queue string) string {
		return "org.apache.activemq:type=Broker,brokerName=localhost,destinationType=Queue,destinationName=" + queue
	}
	return broker{
		address: address(t, "SCALERKIT_TEST_ACTIVEMQ"), path: "/api/jolokia/",
		spec: func(address, queue string) scalerkit.Spec {
			return scalerkit.Spec{Type: "activemq", Name: "orders", Auth: login("scalerkit-test"), Metadata: values{
				"managementEndpoint": address, "brokerName": "localhost", "destinationName": queue,
			}}
		},
		create: func(queue string) call {
			return call{"exec", "org.apache.activemq:type=Broker,brokerName=localhost", "addQueue(java.lang.String)", []any{queue}}
		},
		empty: func(queue string) call { return call{"exec", mbean(queue), "purge()", nil} },
		send: func(queue string) call {
			return call{"exec", mbean(queue), "sendTextMessage(java.lang.String)", []any{"x"}}
		},
	}
}

func needArtemis(t testing.TB) broker {
	mbean := func(queue string) string {
		return fmt.Sprintf(`org.apache.activemq.artemis:broker="localhost",component=addresses,address="%[1]s",subcomponent=queues,routing-type="anycast",queue="%[1]s"`, queue)
	}
	return broker{
		address: address(t, "SCALERKIT_TEST_ARTEMIS"), path: "/console/jolokia/",
		spec: func(address, queue string) scalerkit.Spec {
			return scalerkit.Spec{Type: "artemis-queue", Name: "orders", Auth: login("scalerkit-test"), Metadata: values{
				"managementEndpoint": address, "brokerName": "localhost", "brokerAddress": queue, "queueName": queue, "activationQueueLength": "0",
			}}
		},
		create: func(queue string) call {
			return call{"exec", `org.apache.activemq.artemis:broker="localhost"`, "createQueue(java.lang.String,java.lang.String,java.lang.String)", []any{queue, queue, "ANYCAST"}}
		},
		empty: func(queue string) call { return call{"exec", mbean(queue), "removeAllMessages()", nil} },
		send: func(queue string) call {
			const text = 3 // a kind of message
			return call{
				"exec", mbean(queue), "sendMessage(java.util.Map,int,java.lang.String,boolean,java.lang.String,java.lang.String)",
				[]any{map[string]string{}, text, "x", false, nil, nil},
			}
		},
	}
}

func address(t testing.TB, variable string) string {
	address := os.Getenv(variable)
	if address == "" {
		t.Skip(variable + " is not set: run make test")
	}
	return address
}

// web leaves no connections behind.
var web = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// do makes the calls.
func (b broker) do(ctx context.Context, calls ...call) error {
	body, err := json.Marshal(calls)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+b.address+b.path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.SetBasicAuth("scalerkit", "scalerkit-test")
	response, err := web.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answers []struct {
		Status int
		Error  string
	}
	if err := json.NewDecoder(response.Body).Decode(&answers); err != nil {
		return err
	}
	for i, a := range answers {
		if a.Status != http.StatusOK {
			return fmt.Errorf("%s: %s", calls[i].Operation, a.Error)
		}
	}
	return nil
}

// set gives a queue so many messages. made remembers which there are.
func (b broker) set(ctx context.Context, made map[string]bool, queue string, level int) error {
	var calls []call
	if !made[queue] {
		calls, made[queue] = append(calls, b.create(queue)), true
	}
	calls = append(calls, b.empty(queue))
	for range level {
		calls = append(calls, b.send(queue))
	}
	return b.do(ctx, calls...)
}

// source describes triggers on the broker to the suite.
func (b broker) source(tb testing.TB, targetKey, activationKey string) scalertest.Source {
	prefix := fmt.Sprintf("test-%d-", time.Now().UnixNano())
	made := map[string]bool{}
	require.NoError(tb, b.set(tb.Context(), made, prefix+"orders", 0))
	trigger := func(name string) scalertest.Trigger {
		return scalertest.Trigger{Spec: b.spec(b.address, prefix+name), Set: func(ctx context.Context, level float64) error {
			return b.set(ctx, made, prefix+name, int(level))
		}}
	}
	missing, denied := b.spec(b.address, prefix+"missing"), b.spec(b.address, prefix+"orders")
	denied.Auth = login("of-nobody")
	return scalertest.Source{
		Trigger: trigger("orders"), Missing: &missing, Denied: &denied, TargetKey: targetKey, ActivationKey: activationKey,
		Secrets: []string{"scalerkit-test", "of-nobody"}, MaxConns: 40,
		Settle: time.Second, // Artemis counts a message some time after it has taken it
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
}

func TestClassicOnServer(t *testing.T) {
	needClassic(t)
	scalertest.Suite{Driver: activemq.Driver(), Start: func(tb testing.TB) scalertest.Source {
		return needClassic(tb).source(tb, "targetQueueSize", "activationTargetQueueSize")
	}}.Run(t)
}

func TestArtemisOnServer(t *testing.T) {
	needArtemis(t)
	scalertest.Suite{Driver: activemq.ArtemisDriver(), Start: func(tb testing.TB) scalertest.Source {
		return needArtemis(tb).source(tb, "queueLength", "activationQueueLength")
	}}.Run(t)
}

// TestNamesOnServers has names that JMX and Jolokia write in ways of their own.
func TestNamesOnServers(t *testing.T) {
	for typ, need := range map[string]func(testing.TB) broker{"classic": needClassic, "Artemis": needArtemis} {
		t.Run(typ, func(t *testing.T) {
			b := need(t)
			d := activemq.Driver()
			if typ != "classic" {
				d = activemq.ArtemisDriver()
			}
			for _, name := range []string{"a/b", "a!b!", "a b", "a%b", "a,b", "a*b", `a"b`, "ä", "a=b", "a:b", "a'b"} {
				require.NoError(t, b.do(t.Context(), b.create(name)), name)
				s, err := d.Open(b.spec(b.address, name), scalerkit.Options{})
				require.NoError(t, err)
				_, err = s.Read(t.Context())
				require.NoError(t, err, name)
				require.NoError(t, s.Close())
			}
		})
	}
}
