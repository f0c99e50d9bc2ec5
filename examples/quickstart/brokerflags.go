package main

import (
	"cmp"
	"errors"
	"flag"
	"net"
	"net/url"
	"os"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"

	"github.com/scalerkit/scalerkit"
)

// connectionVariable is where a connection string is not seen by ps.
const connectionVariable = "SERVICEBUS_CONNECTION"

// brokerFlags are the flags that say which broker it is, as they were given.
type brokerFlags struct{ redis, user, password, rabbitmq, kafka, serviceBus string }

func (b *brokerFlags) add(f *flag.FlagSet) {
	f.StringVar(&b.redis, "redis", "", "use the Redis at `host:port`, or redis://user:password@host:port/database")
	f.StringVar(&b.user, "redis-user", "", "ACL `user` of that Redis")
	f.StringVar(&b.password, "redis-password", "", "`password` of that Redis")
	f.StringVar(&b.rabbitmq, "rabbitmq", "", "use the RabbitMQ at this `URL`, amqp://user:password@host:port/vhost")
	f.StringVar(&b.kafka, "kafka", "", "use the Kafka at `host:port`, or at several with commas between them, without TLS or a password;\n-max is 12 then, and cannot be more, since the topic has 12 partitions")
	f.StringVar(&b.serviceBus, "servicebus", "", "use the Azure Service Bus namespace of this connection `string`, of a policy with the Manage right;\nenv stands for what is in "+connectionVariable+", where ps does not show it")
}

// choose sets the one broker that was given in cfg. Its errors do not show what
// was given, since there may be a password in it.
func (b *brokerFlags) choose(cfg *config) (err error) {
	var given []string
	for _, g := range [][2]string{{"-redis", b.redis}, {"-rabbitmq", b.rabbitmq}, {"-kafka", b.kafka}, {"-servicebus", b.serviceBus}} {
		if g[1] != "" {
			given = append(given, g[0])
		}
	}
	switch {
	case len(given) > 1:
		return errors.New(strings.Join(given, " and ") + ": choose one")
	case b.redis == "" && (b.user != "" || b.password != ""):
		return errors.New("-redis-user and -redis-password: they go with -redis")
	case b.redis != "":
		cfg.redis, err = parseRedis(b.redis, b.user, b.password)
	case b.rabbitmq != "":
		cfg.rabbitmq, err = b.rabbitmq, checkRabbitMQ(b.rabbitmq)
	case b.kafka != "":
		cfg.kafka, err = parseKafka(b.kafka)
	case b.serviceBus != "":
		cfg.serviceBus, err = parseServiceBus(b.serviceBus)
	}
	return err
}

func parseRedis(address, user, password string) (*redis.Options, error) {
	wrong := errors.New("-redis: want host:port, or redis://user:password@host:port/database")
	if !strings.Contains(address, "://") {
		if !isHostPort(address) {
			return nil, wrong
		}
		return &redis.Options{Addr: address, Username: user, Password: password}, nil
	}
	o, err := redis.ParseURL(address)
	if err != nil || o.Network != "tcp" {
		return nil, wrong
	}
	o.Username, o.Password = cmp.Or(user, o.Username), cmp.Or(password, o.Password)
	return o, nil
}

func checkRabbitMQ(address string) error {
	u, err := url.Parse(address)
	if err == nil {
		_, err = amqp.ParseURI(address)
	}
	if err != nil || u.Hostname() == "" {
		return errors.New("-rabbitmq: want amqp://user:password@host:port/vhost")
	}
	return nil
}

func parseKafka(list string) ([]string, error) {
	addresses := strings.Split(list, ",")
	for _, a := range addresses {
		if !isHostPort(a) {
			return nil, errors.New("-kafka: want host:port, or several with commas between them")
		}
	}
	return addresses, nil
}

func parseServiceBus(text string) (scalerkit.Secret, error) {
	if text == "env" {
		if text = os.Getenv(connectionVariable); text == "" {
			return scalerkit.Secret{}, errors.New("-servicebus env: " + connectionVariable + " is not set")
		}
	}
	connection := scalerkit.NewSecret(text)
	_, err := serviceBusHost(connection)
	return connection, err
}

func isHostPort(address string) bool {
	host, port, err := net.SplitHostPort(address)
	return err == nil && host != "" && port != "" && !strings.ContainsAny(address, "@/")
}
