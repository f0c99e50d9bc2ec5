// Package tickets scales by the open tickets of an imaginary help desk. It is a
// whole source, as docs/adding-a-source.md shows it, in a module that is not the
// library's.
package tickets

import (
	"context"
	"errors"
	"fmt"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// Config describes a trigger on a desk.
type Config struct {
	httpsource.Access
	Server     string  `scaler:"server,required" format:"server" doc:"URL of the help desk"`
	Desk       string  `scaler:"desk,required" doc:"whose tickets count"`
	Tickets    float64 `scaler:"tickets,target" above:"0" doc:"target: open tickets per replica"`
	MetricType scalerkit.TargetKind
}

// A desk is what one trigger asks about.
type desk struct{ server, name string }

func (d desk) String() string { return fmt.Sprintf("open tickets of %q", d.name) }

func ask(ctx context.Context, c *httpsource.Client, d desk) (float64, error) {
	var answer struct{ Open *float64 }
	if err := c.GetJSON(ctx, d.server+"/desks/"+d.name, &answer); err != nil {
		return 0, err
	}
	if answer.Open == nil {
		return 0, errors.New("the answer does not say how many are open")
	}
	return *answer.Open, nil
}

var source = httpsource.Source[desk, float64]{Name: "tickets", Ask: ask}

var trigger = driver.Type[Config]{Name: "tickets", Open: open}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return source.New(o, httpsource.Plan[desk, float64]{
		Metric:   driver.MetricOf(c, "tickets", c.Desk),
		Question: desk{c.Server, c.Desk},
		Server:   c.Server,
		Access:   c.Access,
	})
}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type tickets.
func Driver() scalerkit.Driver { return trigger.Driver() }
