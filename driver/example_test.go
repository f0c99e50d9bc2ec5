package driver_test

import (
	"context"
	"fmt"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// A BrokerConfig describes a trigger on a queue of an imaginary broker.
type BrokerConfig struct {
	Broker
	Queue      string `scaler:"queue,required" doc:"queue to read"`
	Length     int64  `scaler:"length" default:"5" above:"0" doc:"target: messages per replica"`
	MetricType scalerkit.TargetKind
}

// A Broker is how to get there. It is comparable: triggers with equal Brokers
// share a connection.
type Broker struct {
	Address  string           `scaler:"address" default:"localhost:5672" doc:"host:port"`
	Password scalerkit.Secret `scaler:"password" from:"auth,env" doc:"password"`
}

// A client stands for the client library of the broker.
type client struct{}

func (client) Close() error { fmt.Println("connection closed"); return nil }

// A question is what one trigger asks.
type question struct{ queue string }

func (q question) String() string { return fmt.Sprintf("length of queue %q", q.queue) }

// source says how the broker is asked.
var source = driver.Source[client, question, int64]{
	Name: "broker",
	Ask: func(_ context.Context, _ client, questions []question) ([]driver.Answer[int64], error) {
		answers := make([]driver.Answer[int64], len(questions))
		for i, q := range questions {
			if q.queue == "orders" {
				answers[i].Value = 42
			} else {
				answers[i].Err = scalerkit.ErrNotFound
			}
		}
		fmt.Println("asked", questions)
		return answers, nil
	},
}

// trigger is the trigger type.
var trigger = driver.Type[BrokerConfig]{Name: "broker", Open: func(c *BrokerConfig, o scalerkit.Options) (scalerkit.Scaler, error) {
	return source.New(o, driver.Plan[client, question, int64]{
		Metric: scalerkit.Metric{
			Name:   driver.MetricName("broker", c.Queue),
			Target: scalerkit.Target{Kind: c.MetricType, Value: float64(c.Length)},
		},
		Question: question{c.Queue},
		Key:      c.Broker,
		Open: func(context.Context) (client, error) {
			fmt.Println("connection opened to", c.Address)
			return client{}, nil
		},
	}), nil
}}

// A driver package is a Config, a Source and a Type. Its New is trigger.New and
// its Driver is trigger.Driver.
func Example() {
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	orders, err := trigger.New(BrokerConfig{Queue: "orders"}, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	mails, err := trigger.Driver().Open(scalerkit.Spec{Metadata: map[string]string{"queue": "mails"}}, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range scalerkit.ReadAll(context.Background(), orders, mails) {
		fmt.Println(r.Reading.Value, r.Err)
	}
	_, _ = orders.Close(), mails.Close()
	// Output:
	// connection opened to localhost:5672
	// asked [length of queue "orders" length of queue "mails"]
	// 42 <nil>
	// 0 read length of queue "mails": not found
	// connection closed
}

// Errors name the fields of a Config as Go does, and those of a trigger by
// their keys.
func ExampleType() {
	_, err := trigger.New(BrokerConfig{Length: -1}, scalerkit.Options{})
	fmt.Println(err)
	_, err = trigger.Driver().Open(scalerkit.Spec{Name: "mails", Metadata: map[string]string{"length": "-1"}}, scalerkit.Options{})
	fmt.Println(err)
	// Output:
	// broker trigger: Queue: is missing
	// broker trigger: Length: is not greater than 0
	// broker trigger "mails": length: "-1" is not greater than 0
	// broker trigger "mails": queue: is missing: set it in the metadata
}

func ExampleDecode() {
	var config BrokerConfig
	err := driver.Decode(scalerkit.Spec{
		Type:     "broker",
		Metadata: map[string]string{"queue": "orders", "passwordFromEnv": "BROKER_PASSWORD"},
		Env:      scalerkit.Secrets(map[string]string{"BROKER_PASSWORD": "hunter2"}),
	}, &config)
	fmt.Printf("%+v %v\n", config, err)
	// Output:
	// {Broker:{Address:localhost:5672 Password:[redacted]} Queue:orders Length:5 MetricType:AverageValue} <nil>
}
