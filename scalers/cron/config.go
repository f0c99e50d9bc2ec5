package cron

import (
	"cmp"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Config describes a trigger of type cron. Values are as in KEDA.
type Config struct {
	Timezone string `scaler:"timezone,required" doc:"time zone of start and end: UTC, Local, or a name such as Europe/Berlin"`

	// A zone in front, as in "TZ=Asia/Tokyo 0 8 * * *", comes before Timezone.
	Start string `scaler:"start,required" doc:"when the window opens: minute, hour, day of month, month, day of week"`
	End   string `scaler:"end,required" doc:"when the window closes: minute, hour, day of month, month, day of week"`

	DesiredReplicas int `scaler:"desiredReplicas,required" above:"0" doc:"replicas while the window is open"`
	MetricType      scalerkit.TargetKind

	opens, closes timetable
}

// New returns a Scaler with the desired replicas as its value while the window
// is open, and 0 else. It is a [scalerkit.Watcher], which tells when the window
// opens or closes: see [driver.Local]. It does no I/O.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver for trigger type cron.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "cron", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return driver.Local(o, c.metric(), c.at), nil
}}

// Parse implements [driver.Parser].
func (c *Config) Parse(p *driver.Problems) {
	zone, err := location(c.Timezone)
	if err != nil {
		p.Add(&c.Timezone, "%v", err)
	}
	c.opens, c.closes = table(p, &c.Start, zone), table(p, &c.End, zone)
	if p.Valid(&c.Start) && p.Valid(&c.End) && c.opens.equal(c.closes) {
		p.Add(&c.End, "%q comes whenever %s does: the window would never close", c.End, p.Name(&c.Start))
	}
}

// table returns what a field says.
func table(p *driver.Problems, text *string, zone *time.Location) timetable {
	t, err := parse(*text, cmp.Or(zone, time.UTC))
	if err != nil {
		p.Add(text, "%q %v", *text, err)
	}
	return t
}

// metric names what is read as KEDA does.
func (c *Config) metric() scalerkit.Metric {
	m := driver.MetricOf(c, "cron", c.Timezone, word.Replace(c.Start), word.Replace(c.End))
	m.Target.Value, m.InFlight = 1, true // Jobs that run are among the desired ones
	return m
}

var word = strings.NewReplacer(" ", "", "\t", "", "*", "x", "/", "Sl", "?", "Qm", ",", "Cm")

// at returns the reading at a time, and when the window opens or closes next.
func (c *Config) at(now time.Time) (scalerkit.Reading, time.Time) {
	opens, closes := c.opens.next(now), c.closes.next(now)
	if opens.before(closes) {
		return scalerkit.Reading{}, opens.at
	}
	return scalerkit.Reading{Value: float64(c.DesiredReplicas), Limit: c.DesiredReplicas}, closes.at
}
