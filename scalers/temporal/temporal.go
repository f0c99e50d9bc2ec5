package temporal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/metadata"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/internal/line"
	"github.com/scalerkit/scalerkit/internal/rpc"
)

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type temporal.
func Driver() scalerkit.Driver { return trigger.Driver() }

// readsAtATime is how many triggers of one server are read side by side.
const readsAtATime = 32

var source = driver.Source[*client, question, scalerkit.Reading]{Name: "temporal", Ask: driver.SideBySide(readsAtATime, ask)}

var trigger = driver.Type[Config]{Name: "temporal", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	config, err := c.TLS.Config(o)
	if err != nil {
		return nil, err
	}
	if config != nil && c.ServerName != "" {
		config.ServerName = c.ServerName
	}
	name := []string{"temporal", c.Namespace, c.TaskQueue}
	if c.DeploymentName != "" {
		name = append(name, c.DeploymentName, c.BuildID)
	}
	type key struct {
		Server  Server
		Timeout int64
	}
	return source.New(o, driver.Plan[*client, question, scalerkit.Reading]{
		Metric:   driver.MetricOf(c, name...),
		Question: c.question(),
		Key:      key{c.Server, *c.Timeout},
		Open: func(context.Context) (*client, error) {
			conn, err := rpc.New(rpc.Config{Service: service, Address: c.Endpoint, Secure: rpc.TLS(config), Timeout: c.timeout()}, o)
			return &client{conn, c.APIKey}, err
		},
	}), nil
}}

// A question is for the backlog of a task queue, and for the workflows that run if
// it is not above the activation.
type question struct {
	namespace, queue  string
	types             string // separated by commas
	deployment, build string
	count             bool
	countQueue        string
	activation        int64 // 0 unless workflows are counted
}

// String implements fmt.Stringer.
func (q question) String() string {
	return fmt.Sprintf("backlog of task queue %q in namespace %q", q.queue, q.namespace)
}

func (c *Config) question() question {
	types := slices.Clone(c.QueueTypes)
	if len(types) == 0 {
		types = []string{"activity", "nexus", "workflow"}
	}
	slices.Sort(types)
	q := question{
		namespace: c.Namespace, queue: c.TaskQueue, types: strings.Join(slices.Compact(types), ","),
		deployment: c.DeploymentName, build: c.BuildID,
	}
	if c.CountWorkflows {
		q.count, q.countQueue, q.activation = true, c.TaskQueue, c.Activation
		if c.CountQueue != "" {
			q.countQueue = c.CountQueue
		}
	}
	return q
}

// A client is a connection to a frontend.
type client struct {
	*rpc.Client
	key scalerkit.Secret
}

func (c *client) call(ctx context.Context, q question, method string, request rpc.Encoder, answer rpc.Decoder) error {
	ctx = metadata.AppendToOutgoingContext(ctx, "temporal-namespace", q.namespace)
	if c.key.IsSet() {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.key.Reveal())
	}
	return rpc.Explain(ctx, method, c.Call(ctx, method, request, answer), c.shown)
}

// shown returns what a server says as an error may have it.
func (c *client) shown(text string) string {
	const most = 300 // bytes
	text = line.Of(text)
	if c.key.IsSet() {
		text = strings.ReplaceAll(text, c.key.Reveal(), "[redacted]")
	}
	return line.Cut(text, most)
}

func ask(ctx context.Context, c *client, q question) (scalerkit.Reading, error) {
	ctx, cancel := rpc.Within(ctx)
	defer cancel()
	if q.deployment != "" {
		return c.version(ctx, q)
	}
	types := strings.Split(q.types, ",")
	answers, failed := make([]queueAnswer, len(types)), make([]error, len(types))
	each.Do(len(types), len(types), func(i int) {
		failed[i] = c.call(ctx, q, describeQueue, queueRequest(q.namespace, q.queue, queueTypes[types[i]]), &answers[i])
		if failed[i] == nil && !answers[i].known {
			failed[i] = fmt.Errorf("%s: %w", describeQueue, errNoStats)
		}
	})
	var r scalerkit.Reading
	for i, err := range failed {
		if err != nil {
			return scalerkit.Reading{}, fmt.Errorf("type %s: %w", types[i], err)
		}
		r.Value += float64(answers[i].backlog)
	}
	return c.withWorkflows(ctx, q, r, "TemporalWorkerDeploymentVersion IS NULL")
}

var errNoStats = errors.New("the server does not say what the backlog is")

// version reads the backlog for a version of a worker deployment.
func (c *client) version(ctx context.Context, q question) (scalerkit.Reading, error) {
	var answer versionAnswer
	if err := c.call(ctx, q, describeVersion, versionRequest(q.namespace, q.deployment, q.build), &answer); err != nil {
		return scalerkit.Reading{}, err
	}
	version := q.deployment + ":" + q.build
	r := scalerkit.Reading{Note: fmt.Sprintf("version %s does not poll the task queue", version)}
	for _, one := range answer.queues {
		if one.name != q.queue || !slices.ContainsFunc(strings.Split(q.types, ","), func(t string) bool { return queueTypes[t] == one.typ }) {
			continue
		}
		if !one.known {
			return scalerkit.Reading{}, fmt.Errorf("%s: %w", describeVersion, errNoStats)
		}
		r.Value += float64(one.backlog)
		r.Note = ""
	}
	switch {
	case !q.count || r.Value > float64(q.activation):
		return r, nil
	case answer.status == draining:
		r.Activity, r.Note = scalerkit.Active, fmt.Sprintf("version %s drains", version)
		return r, nil
	case answer.status == current || answer.status == ramping:
		return c.withWorkflows(ctx, q, r, "TemporalWorkerDeploymentVersion = '"+version+"'")
	}
	return r, nil
}

// withWorkflows makes a reading active while workflows of that version run.
func (c *client) withWorkflows(ctx context.Context, q question, r scalerkit.Reading, version string) (scalerkit.Reading, error) {
	if !q.count || r.Value > float64(q.activation) {
		return r, nil
	}
	var answer countAnswer
	query := fmt.Sprintf("TaskQueue = '%s' AND ExecutionStatus = 'Running' AND %s", q.countQueue, version)
	if err := c.call(ctx, q, countWorkflows, countRequest(q.namespace, query), &answer); err != nil {
		return scalerkit.Reading{}, err
	}
	if answer.count > 0 {
		r.Activity, r.Note = scalerkit.Active, fmt.Sprintf("%d workflows run", answer.count)
	}
	return r, nil
}
