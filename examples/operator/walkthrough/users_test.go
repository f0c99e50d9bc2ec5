package walkthrough

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/walkthrough/queue"
	"github.com/scalerkit/scalerkit/scalers/all"
)

// The users can do what they are for, and nothing else, on a real Redis.
func TestUsersOfRedis(t *testing.T) {
	address := variable(t, "SCALERKIT_TEST_REDIS")
	admin := redis.NewClient(&redis.Options{Addr: address, Password: "scalerkit-test"})
	made := secrets(t, "redis")
	users := []any{"ACL", "DELUSER"}
	for line := range strings.Lines(made["redis-users"]["users.acl"]) {
		words := strings.Fields(line)
		require.Equal(t, "user", words[0])
		if words[1] == "default" {
			require.Equal(t, []string{"off"}, words[2:])
			continue
		}
		users = append(users, words[1])
		command := []any{"ACL", "SETUSER"}
		for _, word := range words[1:] {
			command = append(command, word)
		}
		require.NoError(t, admin.Do(t.Context(), command...).Err(), line)
	}
	t.Cleanup(func() {
		ctx := context.Background()
		require.NoError(t, admin.Do(ctx, users...).Err())
		require.NoError(t, admin.Del(ctx, "inbound", "inbound-taken", "outbound").Err())
		require.NoError(t, admin.Close())
	})
	require.Len(t, users, 6, "four users")

	for _, secret := range made {
		secret["connection"] = strings.Replace(secret["connection"], "redis.walkthrough:6379", address, 1)
	}
	spec := trigger(t, "redis", made)
	spec.Metadata["address"] = address
	tryUsers(t, made, spec)
	// The scaler's user with the other commands, which its driver has no use for.
	other := "redis://scaler:" + made["scaler"]["password"] + "@" + address
	require.ErrorContains(t, send(t, other, "inbound"), "NOPERM")
	require.ErrorContains(t, receive(t, other, "inbound"), "NOPERM")
}

// The users can do what they are for, and nothing else, on a real RabbitMQ.
func TestUsersOfRabbitMQ(t *testing.T) {
	broker, err := url.Parse(variable(t, "SCALERKIT_TEST_RABBITMQ_AMQP"))
	require.NoError(t, err)
	management := variable(t, "SCALERKIT_TEST_RABBITMQ_HTTP")
	made := secrets(t, "rabbitmq")
	// A virtual host of its own, on a server that has other things to do.
	definitions := strings.NewReplacer(`"vhost": "/"`, `"vhost": "walkthrough"`, `"vhosts": [{"name": "/"}]`, `"vhosts": [{"name": "walkthrough"}]`).
		Replace(made["rabbitmq-definitions"]["definitions.json"])
	manage(t, http.MethodPost, management+"api/definitions", definitions)
	t.Cleanup(func() {
		manage(t, http.MethodDelete, management+"api/vhosts/walkthrough", "")
		for _, user := range []string{"publisher", "receiver", "sender", "scaler"} {
			manage(t, http.MethodDelete, management+"api/users/"+user, "")
		}
	})

	for _, secret := range made {
		secret["connection"] = strings.Replace(secret["connection"], "rabbitmq.walkthrough:5672/", broker.Host+"/walkthrough", 1)
	}
	tryUsers(t, made, trigger(t, "rabbitmq", made))
	require.ErrorContains(t, send(t, made["scaler"]["connection"], "inbound"), "ACCESS_REFUSED")
	require.ErrorContains(t, receive(t, made["scaler"]["connection"], "inbound"), "ACCESS_REFUSED")
}

// tryUsers has a message go all the way, and every user try what is not theirs.
func tryUsers(t *testing.T, made map[string]map[string]string, spec scalerkit.Spec) {
	t.Helper()
	publisher, receiver, sender := made["publisher"]["connection"], made["transformer-inbound"]["connection"], made["transformer-outbound"]["connection"]
	scaler, err := all.Registry().Open(spec, scalerkit.Options{})
	require.NoError(t, err)
	defer scaler.Close()
	waiting := func() float64 {
		reading, err := scaler.Read(t.Context())
		require.NoError(t, err)
		return reading.Value
	}

	require.Zero(t, waiting())
	require.NoError(t, send(t, publisher, "inbound"))
	require.Equal(t, 1.0, waiting())
	require.NoError(t, receive(t, receiver, "inbound"))
	require.Zero(t, waiting())
	require.NoError(t, send(t, sender, "outbound"))

	for _, forbidden := range []error{
		receive(t, publisher, "inbound"), send(t, publisher, "outbound"), receive(t, publisher, "outbound"),
		send(t, receiver, "inbound"), send(t, receiver, "outbound"), receive(t, receiver, "outbound"),
		receive(t, sender, "outbound"), send(t, sender, "inbound"), receive(t, sender, "inbound"),
	} {
		require.Error(t, forbidden)
		require.Regexp(t, "NOPERM|ACCESS_REFUSED", forbidden.Error())
	}
}

func send(t *testing.T, connection, name string) error {
	sender, err := queue.OpenSender(connection, name)
	if err != nil {
		return err
	}
	defer sender.Close()
	return sender.Send(limited(t), "one")
}

// receive gives a message back and takes it again, as a transformer may.
func receive(t *testing.T, connection, name string) error {
	receiver, err := queue.OpenReceiver(connection, name)
	if err != nil {
		return err
	}
	defer receiver.Close()
	m, err := receiver.Receive(limited(t))
	if err != nil {
		return err
	}
	require.NoError(t, m.GiveBack(limited(t)))
	if m, err = receiver.Receive(limited(t)); err != nil {
		return err
	}
	return m.Done(limited(t))
}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// manage asks RabbitMQ's management API.
func manage(t *testing.T, method, address, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Less(t, response.StatusCode, 300, address)
}

// variable returns an environment variable that make test sets.
func variable(t *testing.T, name string) string {
	value := os.Getenv(name)
	if value == "" {
		t.Skipf("%s is not set: make test sets it", name)
	}
	return value
}
