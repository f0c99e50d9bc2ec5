package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/scalerkit/scalerkit"
)

// A config is what the flags say. At most one broker is set.
type config struct {
	duration           time.Duration
	redis              *redis.Options
	rabbitmq           string
	kafka              []string
	serviceBus         scalerkit.Secret
	min, max, target   int
	interval, cooldown time.Duration
	record             string
}

// flagSet returns the flags, which fill cfg and b.
func flagSet(cfg *config, b *brokerFlags) *flag.FlagSet {
	f := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	f.DurationVar(&cfg.duration, "for", time.Minute, "how long the show lasts at most")
	b.add(f)
	f.IntVar(&cfg.min, "min", 0, "least `number` of workers")
	f.IntVar(&cfg.max, "max", 20, "greatest `number` of workers, 1 to 100")
	f.IntVar(&cfg.target, "target", 5, "`messages` per worker, 1 to 100")
	f.DurationVar(&cfg.interval, "interval", 500*time.Millisecond, "time from one look at the queue to the next")
	f.DurationVar(&cfg.cooldown, "cooldown", 3*time.Second, "how long the queue must be empty before the last worker stops, at least 1s")
	f.StringVar(&cfg.record, "record", "", "`directory` to record every round in")
	return f
}

func usage() string {
	var text strings.Builder
	f := flagSet(new(config), new(brokerFlags))
	f.SetOutput(&text)
	fmt.Fprintln(&text, "Quickstart scales workers by the length of a queue, from zero to many and back.")
	fmt.Fprintln(&text, "Without -redis, -rabbitmq, -kafka or -servicebus, the queue is in a Redis inside this process.")
	fmt.Fprintln(&text)
	f.PrintDefaults()
	return text.String()
}

// parse returns the config that args ask for. Its errors take one line and
// show neither an address nor a password.
func parse(args []string) (config, error) {
	var cfg config
	var b brokerFlags
	f := flagSet(&cfg, &b)
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
	if b.kafka != "" && !given(f, "max") {
		cfg.max = partitions
	}
	return cfg, cmp.Or(b.choose(&cfg), cfg.check())
}

// given reports whether the flag was among the arguments.
func given(f *flag.FlagSet, name string) bool {
	found := false
	f.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

func (c *config) check() error {
	switch {
	case c.max < 1 || c.max > 100:
		return fmt.Errorf("-max %d: want 1 to 100", c.max)
	case c.kafka != nil && c.max > partitions:
		return fmt.Errorf("-max %d: want 1 to %d with -kafka, whose topic has %d partitions: more workers would be idle", c.max, partitions, partitions)
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
// cooled down from, and for the Loop to notice each time. A group in Kafka
// divides its partitions anew whenever workers come or go, and waits for
// others when it has been empty, usually 3 seconds. A service is far away.
func (c *config) cycle() time.Duration {
	cycle := burstTime + 4*time.Second + c.cooldown + 3*c.interval
	if c.kafka != nil || c.serviceBus.IsSet() {
		cycle += 5 * time.Second
	}
	return cycle
}

// bursts returns how many there is time for, and the time from one to the next.
func (c *config) bursts() (int, time.Duration) {
	n := int(c.duration / c.cycle())
	return n, c.duration / time.Duration(n)
}
