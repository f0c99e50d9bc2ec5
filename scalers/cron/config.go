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
	// Timezone is "UTC", "Local", or a name of the IANA's.
	Timezone string `scaler:"timezone,required" doc:"time zone of start and end, such as Europe/Berlin"`

	// Start and End are when the window opens and closes: minute, hour, day of
	// the month, month and day of the week, each "*", a number, a range, a step
	// or a list of these. A zone in front of them, as in
	// "TZ=Asia/Tokyo 0 8 * * *", comes before Timezone.
	Start string `scaler:"start,required" doc:"when the window opens: minute, hour, day of month, month, day of week"`
	End   string `scaler:"end,required" doc:"when the window closes: minute, hour, day of month, month, day of week"`

	DesiredReplicas int `scaler:"desiredReplicas,required" above:"0" doc:"replicas while the window is open"`
	MetricType      scalerkit.TargetKind

	opens, closes timetable
}

// Parse implements [driver.Parser].
func (c *Config) Parse(p *driver.Problems) {
	zone, err := location(c.Timezone)
	if err != nil && p.Valid(&c.Timezone) {
		p.Add(&c.Timezone, "%v", err)
	}
	c.opens, c.closes = c.table(p, &c.Start, zone), c.table(p, &c.End, zone)
	if p.Valid(&c.Start) && p.Valid(&c.End) && c.opens.equal(c.closes) {
		p.Add(&c.End, "%q comes whenever %s does: the window would never close", c.End, p.Name(&c.Start))
	}
}

// table returns what a field says.
func (c *Config) table(p *driver.Problems, text *string, zone *time.Location) timetable {
	t, err := parse(*text, cmp.Or(zone, time.UTC))
	if err != nil && p.Valid(text) {
		p.Add(text, "%q %v", *text, err)
	}
	return t
}

// metric names what is read as KEDA does.
func (c *Config) metric() scalerkit.Metric {
	return scalerkit.Metric{
		Name:     driver.MetricName("cron", c.Timezone, word.Replace(c.Start), word.Replace(c.End)),
		Target:   scalerkit.Target{Kind: c.MetricType, Value: 1},
		InFlight: true, // Jobs that run are among the desired ones
	}
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
