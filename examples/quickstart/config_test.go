package main

import (
	"strings"
	"testing"
	"time"
)

func TestBadFlags(t *testing.T) {
	const (
		wantRedis    = "-redis: want host:port, or redis://user:password@host:port/database"
		wantRabbitMQ = "-rabbitmq: want amqp://user:password@host:port/vhost"
		wantKafka    = "-kafka: want host:port, or several with commas between them"
		wantService  = "-servicebus: want Endpoint=sb://NAMESPACE.servicebus.windows.net/;SharedAccessKeyName=…;SharedAccessKey=…"
		service      = "Endpoint=sb://one.example/;SharedAccessKeyName=me;SharedAccessKey=hunter2"
	)
	t.Setenv("SERVICEBUS_CONNECTION", "")
	for args, want := range map[string]string{
		"-foo":                      "flag provided but not defined: -foo (-help lists the flags)",
		"-max":                      "flag needs an argument: -max (-help lists the flags)",
		"-max many":                 `invalid value "many" for flag -max: parse error (-help lists the flags)`,
		"-for long":                 `invalid value "long" for flag -for: parse error (-help lists the flags)`,
		"redis://user:hunter2@host": "there are only flags and no arguments (-help lists them)",
		"-max 0":                    "-max 0: want 1 to 100",
		"-max 101":                  "-max 101: want 1 to 100",
		"-min -1":                   "-min -1: want at least 0",
		"-min 5 -max 3":             "-min 5: is greater than -max 3",
		"-target 0":                 "-target 0: want 1 to 100",
		"-interval 1ms":             "-interval 1ms: want at least 100ms",
		"-cooldown -1s":             "-cooldown -1s: want at least 1s",
		"-cooldown 0":               "-cooldown 0s: want at least 1s",
		"-for 2s":                   "-for 2s: one burst takes 8.8s with -interval 500ms and -cooldown 3s",
		"-for 20s -cooldown 1m":     "-for 20s: one burst takes 1m5.8s with -interval 500ms and -cooldown 1m0s",
		"-redis localhost:6379 -rabbitmq amqp://host":                "-redis and -rabbitmq: choose one",
		"-kafka localhost:9092 -servicebus " + service:               "-kafka and -servicebus: choose one",
		"-redis-user me -redis-password hunter2":                     "-redis-user and -redis-password: they go with -redis",
		"-redis localhost":                                           wantRedis,
		"-redis :6379":                                               wantRedis,
		"-redis me:hunter2@localhost:6379":                           wantRedis,
		"-redis http://me:hunter2@localhost":                         wantRedis,
		"-redis redis://me:hun/ter2@localhost:6379":                  wantRedis,
		"-rabbitmq localhost:5672":                                   wantRabbitMQ,
		"-rabbitmq http://me:hunter2@localhost:15672":                wantRabbitMQ,
		"-rabbitmq amqp://me:hun/ter2@localhost:5672":                wantRabbitMQ,
		"-rabbitmq amqp://me:hunter2@localhost:port/one":             wantRabbitMQ,
		"-kafka localhost":                                           wantKafka,
		"-kafka one:9092,":                                           wantKafka,
		"-kafka kafka://one:9092":                                    wantKafka,
		"-kafka me:hunter2@one:9092":                                 wantKafka,
		"-kafka one:9092 -max 13":                                    "-max 13: want 1 to 12 with -kafka, whose topic has 12 partitions: more workers would be idle",
		"-kafka one:9092 -min 13":                                    "-min 13: is greater than -max 12",
		"-kafka one:9092 -for 10s":                                   "-for 10s: one burst takes 13.8s with -interval 500ms and -cooldown 3s",
		"-servicebus hunter2":                                        wantService,
		"-servicebus SharedAccessKeyName=me;SharedAccessKey=hunter2": wantService,
		"-servicebus Endpoint=sb://one.example/;hunter2":             wantService,
		"-servicebus " + service + ";EntityPath=orders":              "-servicebus: want the connection string of the namespace; this one has an EntityPath, for one queue or topic",
		"-servicebus env":                                            "-servicebus env: SERVICEBUS_CONNECTION is not set",
	} {
		code, out, errs := start(t.Context(), strings.Fields(args)...)
		if code != 2 || out != "" || errs != "quickstart: "+want+"\n" {
			t.Errorf("%s: exit code %d, output %q, error %q", args, code, out, errs)
		}
	}
}

func TestHelp(t *testing.T) {
	code, out, errs := start(t.Context(), "-help")
	if code != 0 || errs != "" || !strings.Contains(out, "-rabbitmq URL") {
		t.Errorf("exit code %d, output %q, error %q", code, out, errs)
	}
}

func TestRedisFlags(t *testing.T) {
	for args, want := range map[string]string{
		"-redis cache:6380": "cache:6380 me= pw= db=0 tls=false",
		"-redis [::1]:6380 -redis-user u -redis-password p":                            "[::1]:6380 me=u pw=p db=0 tls=false",
		"-redis redis://u:p@cache/3":                                                   "cache:6379 me=u pw=p db=3 tls=false",
		"-redis rediss://u:p@cache:1 -redis-user other -redis-password other-password": "cache:1 me=other pw=other-password db=0 tls=true",
	} {
		cfg, err := parse(strings.Fields(args))
		if err != nil {
			t.Errorf("%s: %v", args, err)
			continue
		}
		o := cfg.redis
		got := strings.Join([]string{o.Addr, "me=" + o.Username, "pw=" + o.Password, "db=" + string(rune('0'+o.DB)),
			map[bool]string{true: "tls=true", false: "tls=false"}[o.TLSConfig != nil]}, " ")
		if got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}

func TestKafkaFlags(t *testing.T) {
	for args, want := range map[string]int{"-kafka one:9092,[::1]:9093": partitions, "-kafka one:9092,[::1]:9093 -max 3": 3} {
		cfg, err := parse(strings.Fields(args))
		if err != nil || strings.Join(cfg.kafka, " ") != "one:9092 [::1]:9093" || cfg.max != want {
			t.Errorf("%s: %v at most %d, %v", args, cfg.kafka, cfg.max, err)
		}
	}
}

func TestServiceBusFlags(t *testing.T) {
	const connection = "Endpoint=sb://one.example/;SharedAccessKeyName=me;SharedAccessKey=hunter2"
	t.Setenv("SERVICEBUS_CONNECTION", connection)
	for _, value := range []string{connection, "env"} {
		cfg, err := parse([]string{"-servicebus", value})
		if err != nil || cfg.serviceBus.Reveal() != connection {
			t.Errorf("%s: %v", value, err)
		}
	}
	if cfg, err := parse(nil); err != nil || cfg.serviceBus.IsSet() {
		t.Errorf("without the flag, the variable is used: %v", err)
	}
}

func TestBursts(t *testing.T) {
	for duration, want := range map[time.Duration]int{9 * time.Second: 1, 10 * time.Second: 1, time.Minute: 6} {
		cfg, err := parse([]string{"-for", duration.String()})
		if err != nil {
			t.Fatal(err)
		}
		if n, cycle := cfg.bursts(); n != want || cycle*time.Duration(n) > duration || cycle < cfg.cycle() {
			t.Errorf("%v: %d bursts, one in %v", duration, n, cycle)
		}
	}
}
