package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"
)

// A config is what the flags say.
type config struct {
	duration           time.Duration
	redis              *redis.Options // nil: not given
	rabbitmq           string         // "": not given
	min, max, target   int
	interval, cooldown time.Duration
}

// flagSet returns the flags, which fill cfg and the raw parameters of Redis.
func flagSet(cfg *config, address, user, password *string) *flag.FlagSet {
	f := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	f.DurationVar(&cfg.duration, "for", time.Minute, "how long the show lasts at most")
	f.StringVar(address, "redis", "", "use the Redis at `host:port`, or redis://user:password@host:port/database")
	f.StringVar(user, "redis-user", "", "ACL `user` of that Redis")
	f.StringVar(password, "redis-password", "", "`password` of that Redis")
	f.StringVar(&cfg.rabbitmq, "rabbitmq", "", "use the RabbitMQ at this `URL`, amqp://user:password@host:port/vhost")
	f.IntVar(&cfg.min, "min", 0, "least `number` of workers")
	f.IntVar(&cfg.max, "max", 20, "greatest `number` of workers, 1 to 100")
	f.IntVar(&cfg.target, "target", 5, "`messages` per worker, 1 to 100")
	f.DurationVar(&cfg.interval, "interval", 500*time.Millisecond, "time from one look at the queue to the next")
	f.DurationVar(&cfg.cooldown, "cooldown", 3*time.Second, "how long the queue must be empty before the last worker stops, at least 1s")
	return f
}

func usage() string {
	var text strings.Builder
	f := flagSet(new(config), new(string), new(string), new(string))
	f.SetOutput(&text)
	fmt.Fprintln(&text, "Quickstart scales workers by the length of a queue, from zero to many and back.")
	fmt.Fprintln(&text, "Without -redis or -rabbitmq, the queue is in a Redis inside this process.")
	fmt.Fprintln(&text)
	f.PrintDefaults()
	return text.String()
}

// parse returns the config that args ask for. Its errors take one line and
// show neither an address nor a password.
func parse(args []string) (config, error) {
	var cfg config
	var address, user, password string
	f := flagSet(&cfg, &address, &user, &password)
	f.SetOutput(new(strings.Builder)) // errors are for run to print
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return cfg, err
		}
		return cfg, fmt.Errorf("%w (-help lists the flags)", err)
	}
	if f.NArg() > 0 {
		return cfg, errors.New("there are only flags and no arguments (-help lists them)")
	}
	var err error
	switch {
	case address != "" && cfg.rabbitmq != "":
		err = errors.New("-redis and -rabbitmq: choose one of the two")
	case address == "" && (user != "" || password != ""):
		err = errors.New("-redis-user and -redis-password: they go with -redis")
	case address != "":
		cfg.redis, err = parseRedis(address, user, password)
	case cfg.rabbitmq != "":
		err = checkRabbitMQ(cfg.rabbitmq)
	}
	return cfg, cmp.Or(err, cfg.check())
}

func parseRedis(address, user, password string) (*redis.Options, error) {
	wrong := errors.New("-redis: want host:port, or redis://user:password@host:port/database") // the value may have a password
	if !strings.Contains(address, "://") {
		host, port, err := net.SplitHostPort(address)
		if err != nil || host == "" || port == "" || strings.Contains(address, "@") {
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
		return errors.New("-rabbitmq: want amqp://user:password@host:port/vhost") // the value may have a password
	}
	return nil
}

func (c *config) check() error {
	switch {
	case c.max < 1 || c.max > 100:
		return fmt.Errorf("-max %d: want 1 to 100", c.max)
	case c.min < 0:
		return fmt.Errorf("-min %d: want at least 0", c.min)
	case c.min > c.max:
		return fmt.Errorf("-min %d: is greater than -max %d", c.min, c.max)
	case c.target < 1 || c.target > 100:
		return fmt.Errorf("-target %d: want 1 to 100", c.target)
	case c.interval < 100*time.Millisecond:
		return fmt.Errorf("-interval %v: want at least 100ms", c.interval)
	case c.cooldown < time.Second: // in which the last messages are finished
		return fmt.Errorf("-cooldown %v: want at least 1s", c.cooldown)
	case c.duration < c.cycle():
		return fmt.Errorf("-for %v: one burst takes %v with -interval %v and -cooldown %v", c.duration, c.cycle(), c.interval, c.cooldown)
	}
	return nil
}

// work is how long a worker has to do with a message: half a second, or less
// to get through many in 2.5 seconds.
func (c *config) work() time.Duration {
	return min(500*time.Millisecond, 2500*time.Millisecond/time.Duration(c.target))
}

// cycle is the least time for a burst: until it is published, worked off and
// cooled down from, and for the Loop to notice each time.
func (c *config) cycle() time.Duration {
	return burstTime + 4*time.Second + c.cooldown + 3*c.interval
}

// bursts returns how many there is time for, and the time from one to the next.
func (c *config) bursts() (int, time.Duration) {
	n := int(c.duration / c.cycle())
	return n, c.duration / time.Duration(n)
}
