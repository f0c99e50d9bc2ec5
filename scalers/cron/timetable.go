package cron

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// A timetable is a cron expression in a time zone.
type timetable struct {
	cron.SpecSchedule
	zone *time.Location
}

var fields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

// parse reads a cron expression, which is in the given zone unless it has
// another one in front.
func parse(text string, zone *time.Location) (timetable, error) {
	fail := func(err error) (timetable, error) { return timetable{}, fmt.Errorf("is no cron expression: %w", err) }
	if i := strings.LastIndexByte(text, '='); i >= 0 { // which the parser does not see: it may panic then
		name, rest, _ := strings.Cut(text[i+1:], " ")
		if text[:i] != "TZ" && text[:i] != "CRON_TZ" {
			return fail(fmt.Errorf("%q is not TZ", text[:i]))
		}
		var err error
		if zone, err = location(name); err != nil {
			return fail(err)
		}
		text = rest
	}
	schedule, err := fields.Parse(text)
	if err != nil {
		return fail(err)
	}
	t := timetable{*schedule.(*cron.SpecSchedule), zone}
	t.Location = time.UTC // see next
	if t.Next(time.Unix(0, 0)).IsZero() {
		return timetable{}, errors.New("never comes: there is no such day")
	}
	return t, nil
}

// location returns the time zone with the given name.
func location(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" {
		return nil, fmt.Errorf("%q is not a known time zone: want UTC, Local or, given zone data, a name such as Europe/Berlin", name)
	}
	return zone, nil
}

func (t timetable) equal(other timetable) bool {
	return t.SpecSchedule == other.SpecSchedule && t.zone.String() == other.zone.String()
}

// An occurrence is when a timetable comes round: at a time, at which a clock in
// its zone shows another one if the one in the timetable is skipped there.
type occurrence struct{ at, clock time.Time }

// before puts those in order that a change of the clock makes come at once.
func (o occurrence) before(other occurrence) bool {
	return o.at.Before(other.at) || o.at.Equal(other.at) && o.clock.Before(other.clock)
}

// next returns the first occurrence later than now. The schedule is asked about
// what a clock on the wall would show, as if that were UTC: it does not know
// that clocks are changed.
func (t timetable) next(now time.Time) occurrence {
	now = now.In(t.zone)
	for clock := onTheWall(now); ; {
		due := t.Next(clock)
		at := now.Add(due.Sub(onTheWall(now)))
		_, change := now.ZoneBounds()
		switch {
		case change.IsZero() || at.Before(change):
			return occurrence{at, due}
		case due.Before(onTheWall(change)):
			return occurrence{change, due} // it is skipped
		}
		now, clock = change, onTheWall(change).Add(-1)
	}
}

// onTheWall returns what a clock in the zone of t shows, as a time in UTC.
func onTheWall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}
