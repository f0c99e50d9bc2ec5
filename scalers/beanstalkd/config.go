package beanstalkd

import (
	"context"
	"net/url"
	"regexp"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Config describes a trigger on the jobs of a tube.
type Config struct {
	Server Server

	Tube       string  `scaler:"tube,required" doc:"name of the tube"`
	Value      float64 `scaler:"value,target" above:"0" doc:"target: jobs per replica"`
	Activation float64 `scaler:"activationValue,activation" doc:"the trigger is active above this number of jobs"`
	Delayed    bool    `scaler:"includeDelayed" doc:"count jobs, too, that will be ready later"`
	MetricType scalerkit.TargetKind
}

// A Server is where to get there. Triggers with equal Servers share a connection.
type Server struct {
	Address string        `scaler:"server,required" format:"address" doc:"host:port"`
	Timeout time.Duration `scaler:"timeout" default:"3s" above:"0" doc:"time limit for connecting"`
}

// names are those that a tube can have, with at most maxName bytes. That a regular
// expression counts them would make it a thousand times as large.
var names = regexp.MustCompile(`^[A-Za-z0-9+/;.$_()][-A-Za-z0-9+/;.$_()]*$`)

const maxName = 200

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	if c.Tube != "" && (len(c.Tube) > maxName || !names.MatchString(c.Tube)) {
		p.Add(&c.Tube, "is not the name of a tube: want at most 200 letters, digits and -+/;.$_(), and no - at the beginning")
	}
}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type beanstalkd.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "beanstalkd", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	metric := driver.MetricOf(c, "beanstalkd", url.QueryEscape(c.Tube))
	metric.InFlight = true
	delayed := c.Delayed
	return source.New(o, driver.Plan[*client, tube, jobs]{
		Metric:   metric,
		Question: tube(c.Tube),
		Key:      c.Server,
		Open:     func(context.Context) (*client, error) { return c.Server.open(o), nil },
		Read:     func(j jobs) (scalerkit.Reading, error) { return j.read(delayed) },
	}), nil
}}
