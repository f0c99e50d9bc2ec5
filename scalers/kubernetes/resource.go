package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/locate"
)

// ResourceConfig describes a trigger of type kubernetes-resource.
type ResourceConfig struct {
	Kind       string  `scaler:"resourceKind,required" enum:"ConfigMap|Secret" doc:"kind of the object"`
	Name       string  `scaler:"resourceName,required" doc:"name of the object"`
	Key        string  `scaler:"key,required" doc:"key in the object's data"`
	Format     string  `scaler:"format" default:"number" enum:"number|json|yaml" doc:"format of what is there"`
	Location   string  `scaler:"valueLocation" doc:"where the number is in json, a GJSON path, or in yaml, a path with dots"`
	ValueType  string  `scaler:"valueType" default:"float64" enum:"float64|int64|quantity" doc:"kind of number"`
	Target     float64 `scaler:"targetValue,target" above:"0" doc:"target: value per replica"`
	Activation float64 `scaler:"activationTargetValue,activation" doc:"the trigger is active above this value"`
	MetricType scalerkit.TargetKind

	// Owner is the object that the trigger is for: what is read is in its namespace.
	Owner scalerkit.Key

	// Cluster is the program's; ResourceDriver sets it.
	Cluster Cluster `scaler:"-"`
}

// Parse implements driver.Parser.
func (c *ResourceConfig) Parse(p *driver.Problems) {
	switch c.Format {
	case "number":
		if c.Location != "" {
			p.Add(&c.Location, "does not go with %s number, which is the whole text", p.Name(&c.Format))
		}
	case "json", "yaml":
		p.Require(&c.Location, "%s %s needs it", p.Name(&c.Format), c.Format)
	}
}

// NewResource returns a Scaler that reads a number in a ConfigMap or Secret. It is a
// [scalerkit.Watcher], which tells when the object changes. It does no I/O.
func NewResource(c ResourceConfig, o scalerkit.Options) (scalerkit.Scaler, error) {
	return resources(c.Cluster).New(c, o)
}

// ResourceDriver returns the driver for trigger type kubernetes-resource, for a
// program with a Cluster. Nil is for one that does not read.
func ResourceDriver(cluster Cluster) scalerkit.Driver { return resources(cluster).Driver() }

func resources(cluster Cluster) driver.Type[ResourceConfig] {
	return driver.Type[ResourceConfig]{
		Name:    "kubernetes-resource",
		Prepare: func(c *ResourceConfig) { c.Cluster = cluster },
		Open: func(c *ResourceConfig, o scalerkit.Options) (scalerkit.Scaler, error) {
			object := Object{c.Kind, namespaceOf(c.Owner), c.Name}
			return dataSource.New(o, driver.Plan[Watched[Data], Object, Data]{
				Metric:   driver.MetricOf(c, strings.ToLower(c.Kind), c.Name, c.Key),
				Question: object,
				Key:      place[Object]{cluster, object},
				Open: func(ctx context.Context) (Watched[Data], error) {
					return watched(cluster, func() (Watched[Data], error) { return cluster.Data(ctx, object) })
				},
				Read: c.read,
			}), nil
		},
	}
}

var dataSource = driver.Source[Watched[Data], Object, Data]{
	Name: "kubernetes-resource",
	Ask: func(_ context.Context, object Watched[Data], _ []Object) ([]driver.Answer[Data], error) {
		all, err := object.All()
		switch {
		case err != nil:
			return nil, err
		case len(all) == 0:
			return nil, fmt.Errorf("%w: it does not exist", scalerkit.ErrNotFound)
		}
		return []driver.Answer[Data]{{Value: all[0]}}, nil
	},
	Watch: func(ctx context.Context, object Watched[Data], _ Object, changed func()) error {
		for next := object.Changed(); ; {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-next:
			}
			next = object.Changed() // before the change is told, lest one is missed
			if _, err := object.All(); err != nil {
				return err
			}
			changed()
		}
	},
}

func (c *ResourceConfig) read(data Data) (scalerkit.Reading, error) {
	text, ok := data[c.Key]
	if !ok {
		return scalerkit.Reading{}, fmt.Errorf("key %q: %w: there is no such key", c.Key, scalerkit.ErrNotFound)
	}
	value, err := c.find(text)
	if err != nil {
		return scalerkit.Reading{}, fmt.Errorf("key %q: %w", c.Key, err)
	}
	if c.ValueType == "int64" {
		value = math.Trunc(value)
	}
	return scalerkit.Reading{Value: value}, nil
}

// find returns the number in a text. No error quotes what is there.
func (c *ResourceConfig) find(text string) (value float64, err error) {
	switch c.Format {
	case "json":
		value, err = locate.JSON([]byte(text), c.Location)
	case "yaml":
		var decoded any
		if yaml.Unmarshal([]byte(text), &decoded) != nil {
			return 0, errors.New("it is not YAML")
		}
		value, err = locate.Value(decoded, c.Location)
	default:
		return c.number(strings.TrimSpace(text))
	}
	if err != nil {
		return 0, fmt.Errorf("%q in it: %w", c.Location, err)
	}
	return value, nil
}

// number reads a text that is nothing but a number.
func (c *ResourceConfig) number(text string) (float64, error) {
	if c.ValueType == "quantity" {
		return locate.Quantity(text)
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, errors.New("is no number")
	}
	return value, nil
}
