package main

import (
	"context"
	"log"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
)

func TestMain(m *testing.M) {
	redis.SetLogger(&logging.VoidLogger{})
	cleanup, err := azuretest.Setup()
	if err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	cleanup()
	os.Exit(code)
}

// start runs the program and returns what it wrote.
func start(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs strings.Builder
	code = run(ctx, args, &out, &errs, false)
	return code, out.String(), errs.String()
}

// brokers calls test with the flags for each broker that there is.
func brokers(t *testing.T, test func(t *testing.T, flags ...string)) {
	t.Run("embedded", func(t *testing.T) { test(t) })
	t.Run("redis", func(t *testing.T) {
		test(t, "-redis", server(t, "SCALERKIT_TEST_REDIS"), "-redis-user", "scalerkit", "-redis-password", "scalerkit-test")
	})
	t.Run("rabbitmq", func(t *testing.T) {
		test(t, "-rabbitmq", server(t, "SCALERKIT_TEST_RABBITMQ_AMQP"))
	})
	t.Run("kafka", func(t *testing.T) {
		test(t, "-kafka", server(t, "SCALERKIT_TEST_KAFKA"))
	})
	t.Run("servicebus", func(t *testing.T) {
		test(t, "-servicebus", newNamespace(t).connection())
	})
}

func server(t *testing.T, variable string) string {
	t.Helper()
	address := os.Getenv(variable)
	if address == "" {
		t.Skip(variable + " is not set: run make test")
	}
	return address
}

func TestFromZeroToManyAndBack(t *testing.T) {
	brokers(t, func(t *testing.T, flags ...string) {
		t.Parallel()
		flags = append(flags, "-for", "11s", "-interval", "200ms", "-cooldown", "1s", "-max", "12")
		code, out, errs := start(t.Context(), flags...)
		t.Log(out)
		if code != 0 || errs != "" {
			t.Errorf("exit code %d: %s", code, errs)
		}
		for _, want := range []string{
			`workers   0 -> [1-9]\d*`,
			`workers +[1-9]\d* -> 0 .*Deactivated`,
			`(?m)^1 burst in \d\.\d s$`,
			`(?m)^  published      60 messages$`,
			`(?m)^  transformed    60$`,
			`(?m)^  verified       60, lost 0, doubled 0$`,
			`(?m)^  first worker   \d\.\d\d s after a burst began$`,
			`(?m)^  right size     \d\.\d\d s after a burst began$`,
			`(?m)^  peak           \d+ workers of at most 12$`,
			`(?m)^  back to 0      \d\.\d\d s after its last message was done$`,
		} {
			if !regexp.MustCompile(want).MatchString(out) {
				t.Errorf("the output does not match %q", want)
			}
		}
		if strings.Contains(out, "left over") {
			t.Error("messages were left over")
		}
	})
}

// Interrupted in the middle of a burst, the program accounts for everything.
func TestInterrupt(t *testing.T) {
	brokers(t, func(t *testing.T, flags ...string) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		begin := time.Now()
		code, out, errs := start(ctx, append(flags, "-interval", "200ms", "-max", "4", "-target", "20")...)
		if code != 0 || errs != "" {
			t.Errorf("exit code %d: %s", code, errs)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		for _, want := range []string{`verified +\d+, lost 0, doubled 0\n`, `left over +\d+ were still in the queue\n`, `back to 0 +-\n`} {
			if !regexp.MustCompile(want).MatchString(out) {
				t.Errorf("the output does not match %q:\n%s", want, out)
			}
		}
	})
}

func TestMinimum(t *testing.T) {
	t.Parallel()
	code, out, errs := start(t.Context(), "-for", "8s", "-interval", "200ms", "-cooldown", "1s", "-min", "2", "-max", "6")
	if code != 0 || errs != "" {
		t.Errorf("exit code %d: %s", code, errs)
	}
	for _, want := range []string{`first worker +-\n`, `back to 2 +\d`, `lost 0, doubled 0\n`} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("the output does not match %q:\n%s", want, out)
		}
	}
}

func TestServerLost(t *testing.T) {
	t.Parallel()
	cfg, err := parse([]string{"-interval", "200ms"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(time.Second, b.(*redisBroker).server.Close)

	s := newShow(cfg, b)
	var out strings.Builder
	err = s.perform(t.Context(), &plainView{out: &out})
	if err == nil || !strings.HasPrefix(err.Error(), "the show ended early: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q", err)
	}
	sum := s.summary()
	if sum.sound() {
		t.Error("all is said to be well")
	}
	if !strings.Contains(sum.String(), "is not known") {
		t.Errorf("summary:%v", sum)
	}
}

func TestServerRefuses(t *testing.T) {
	begin := time.Now()
	for flags, want := range map[string]string{
		"-redis 127.0.0.1:1 -redis-password hunter2":                                            "quickstart: Redis at 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused\n",
		"-rabbitmq amqp://guest:hunter2@127.0.0.1:1":                                            "quickstart: RabbitMQ at 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused\n",
		"-kafka 127.0.0.1:1,127.0.0.1:2":                                                        "quickstart: Kafka at 127.0.0.1:1,127.0.0.1:2: dial tcp 127.0.0.1:2: connect: connection refused\n",
		"-servicebus Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=me;SharedAccessKey=hunter2": "quickstart: Service Bus at 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused\n",
	} {
		code, out, errs := start(t.Context(), strings.Fields(flags)...)
		if code != 1 || out != "" || errs != want {
			t.Errorf("%s: exit code %d, output %q, error %q", flags, code, out, errs)
		}
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestWrongPassword(t *testing.T) {
	for _, c := range []struct {
		name string
		args func(t *testing.T) []string
		want string
	}{
		{"redis", func(t *testing.T) []string {
			return []string{"-redis", "redis://scalerkit:hunter2@" + server(t, "SCALERKIT_TEST_REDIS")}
		}, "quickstart: Redis at ADDRESS: WRONGPASS invalid username-password pair or user is disabled.\n"},
		{"redis without one", func(t *testing.T) []string {
			return []string{"-redis", server(t, "SCALERKIT_TEST_REDIS")}
		}, "quickstart: Redis at ADDRESS: NOAUTH Authentication required.\n"},
		{"rabbitmq", func(t *testing.T) []string {
			return []string{"-rabbitmq", strings.Replace(server(t, "SCALERKIT_TEST_RABBITMQ_AMQP"), "scalerkit-test", "hunter2", 1)}
		}, "quickstart: RabbitMQ at ADDRESS: Exception (403) Reason: \"username or password not allowed\"\n"},
		{"servicebus", func(t *testing.T) []string {
			return []string{"-servicebus", strings.Replace(newNamespace(t).connection(), serviceKey, "hunter2", 1)}
		}, "quickstart: Service Bus at ADDRESS: Unauthorized (HTTP 401)\n"},
		{"kafka", func(t *testing.T) []string {
			return []string{"-kafka", server(t, "SCALERKIT_TEST_KAFKA_SASL")}
		}, "quickstart: Kafka at ADDRESS: no answer as from a Kafka without TLS and a password: EOF\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, errs := start(t.Context(), c.args(t)...)
			got := regexp.MustCompile(`at \S+:\d+:`).ReplaceAllString(errs, "at ADDRESS:")
			if code != 1 || out != "" || got != c.want {
				t.Errorf("exit code %d, output %q, error %q", code, out, errs)
			}
		})
	}
}
