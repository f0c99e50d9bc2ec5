package scalerkit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// A QueueConfig describes a trigger on an imaginary source.
type QueueConfig struct {
	Queue      string           `scaler:"queue,required" doc:"queue to read"`
	Length     int              `scaler:"length" default:"5" above:"0" doc:"messages per replica"`
	Mode       string           `scaler:"mode" default:"ready" enum:"ready|all" doc:"messages that count"`
	Timeout    time.Duration    `scaler:"timeout" default:"3s" min:"1ms" doc:"time limit of a reading"`
	Password   scalerkit.Secret `scaler:"password" from:"auth,env" doc:"password of the source"`
	MetricType scalerkit.TargetKind
}

// A queueScaler reads a queue in memory.
type queueScaler struct {
	config QueueConfig
	queues map[string]float64
}

func (s *queueScaler) Metric() scalerkit.Metric {
	return scalerkit.Metric{
		Name:   driver.MetricName("queue", s.config.Queue),
		Target: scalerkit.Target{Kind: s.config.MetricType, Value: float64(s.config.Length)},
	}
}

func (s *queueScaler) Read(context.Context) (scalerkit.Reading, error) {
	length, ok := s.queues[s.config.Queue]
	if !ok {
		return scalerkit.Reading{}, fmt.Errorf("queue %q: %w", s.config.Queue, scalerkit.ErrNotFound)
	}
	return scalerkit.Reading{Value: length, Time: time.Now()}, nil
}

func (s *queueScaler) Close() error { return nil }

// queueDriver is what the package of a source exports as Driver.
func queueDriver() scalerkit.Driver {
	return driver.Type[QueueConfig]{Name: "queue", Open: func(c *QueueConfig, _ scalerkit.Options) (scalerkit.Scaler, error) {
		return &queueScaler{config: *c, queues: map[string]float64{"orders": 42, "mails": 0}}, nil
	}}.Driver()
}

func ExampleRegistry_Open() {
	registry := scalerkit.NewRegistry(queueDriver())
	s, err := registry.Open(scalerkit.Spec{
		Type:     "queue",
		Metadata: map[string]string{"queue": "orders"},
	}, scalerkit.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	reading, err := s.Read(context.Background())
	fmt.Println(s.Metric().Name, reading.Value, reading.IsActive(s.Metric()), err)
	// Output: queue-orders 42 true <nil>
}

// Everything that is wrong with a trigger is in one error.
func ExampleRegistry_Open_errors() {
	registry := scalerkit.NewRegistry(queueDriver())
	_, err := registry.Open(scalerkit.Spec{
		Type:     "queue",
		Name:     "orders",
		Metadata: map[string]string{"queueName": "orders", "length": "ten", "mode": "Ready"},
		Auth:     scalerkit.Secrets(map[string]string{"pasword": "hunter2"}),
	}, scalerkit.Options{})
	fmt.Println(err)

	_, err = registry.Open(scalerkit.Spec{Type: "queues"}, scalerkit.Options{})
	fmt.Println(err)
	// Output:
	// queue trigger "orders": length: "ten" is not a whole number
	// queue trigger "orders": mode: "Ready" is not one of ready, all; did you mean "ready"?
	// queue trigger "orders": queueName: is not a parameter of this trigger type; did you mean "queue"?
	// queue trigger "orders": pasword: is not a parameter of this trigger type in the authentication; did you mean "password"?
	// queue trigger "orders": queue: is missing: set it in the metadata
	// trigger: type: "queues" is not a known type; did you mean "queue"?
}

// A program that runs triggers written for KEDA is told of what it would
// rather not pass over in silence.
func ExampleOptions_warn() {
	s, err := queueDriver().Open(scalerkit.Spec{
		Name:     "orders",
		Metadata: map[string]string{"queue": "orders", "pollingInterval": "30"},
	}, scalerkit.Options{
		Warn: func(w scalerkit.ConfigError) { fmt.Println("warning:", w.Key, "is not a parameter of", w.Type) },
	})
	fmt.Println(s.Metric().Name, err)
	// Output:
	// warning: pollingInterval is not a parameter of queue
	// queue-orders <nil>
}

func ExampleDriver_Params() {
	for _, p := range queueDriver().Params() {
		fmt.Println(p.Names[0], p.Type, p.From, p.Default, "-", p.Doc)
	}
	// Output:
	// queue string [metadata]  - queue to read
	// length int [metadata] 5 - messages per replica
	// mode string [metadata] ready - messages that count
	// timeout duration [metadata] 3s - time limit of a reading
	// password secret [auth env]  - password of the source
}

func ExampleSecret() {
	password := scalerkit.NewSecret("hunter2")
	fmt.Printf("%v %+v %#v %q %d\n", password, password, password, password, password)
	text, _ := json.Marshal(password)
	fmt.Println(string(text), len(password.Reveal()))
	fmt.Println(password == scalerkit.NewSecret("hunter2"))
	// Output:
	// [redacted] [redacted] [redacted] [redacted] [redacted]
	// "[redacted]" 7
	// true
}

func ExampleReadAll() {
	var scalers []scalerkit.Scaler
	for _, queue := range []string{"orders", "mails", "letters"} {
		s, err := queueDriver().Open(scalerkit.Spec{Metadata: map[string]string{"queue": queue}}, scalerkit.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		defer s.Close()
		scalers = append(scalers, s)
	}
	for i, r := range scalerkit.ReadAll(context.Background(), scalers...) {
		fmt.Println(scalers[i].Metric().Name, r.Reading.Value, r.Err, errors.Is(r.Err, scalerkit.ErrNotFound))
	}
	// Output:
	// queue-orders 42 <nil> false
	// queue-mails 0 <nil> false
	// queue-letters 0 queue "letters": not found true
}
