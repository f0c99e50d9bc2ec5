package scalertest_test

import (
	"math"

	"github.com/scalerkit/scalerkit"
)

// brokenNotes are those that say nonsense besides the level.
var brokenNotes = []broken{
	{
		name:   "has an activity of its own invention",
		driver: alterReading(func(_ *altered, r *scalerkit.Reading) { r.Activity = "asleep" }),
		caught: map[string]string{"ReportsLevel": `Activity is "asleep", want "active", "inactive" or nothing`},
	},
	{
		name:   "states a target below zero",
		driver: alterReading(func(_ *altered, r *scalerkit.Reading) { r.Target = -5 }),
		caught: map[string]string{"ReportsLevel": "Target is -5, want a finite number of at least 0"},
	},
	{
		name:   "states a target that is no number",
		driver: alterReading(func(_ *altered, r *scalerkit.Reading) { r.Target = math.NaN() }),
		caught: map[string]string{"ReportsLevel": "Target is NaN, want a finite number of at least 0"},
	},
	{
		name:   "states an infinite target",
		driver: alterReading(func(_ *altered, r *scalerkit.Reading) { r.Target = math.Inf(1) }),
		caught: map[string]string{"ReportsLevel": "Target is +Inf, want a finite number of at least 0"},
	},
	{
		name:   "states a limit below zero",
		driver: alterReading(func(_ *altered, r *scalerkit.Reading) { r.Limit = -1 }),
		caught: map[string]string{"ReportsLevel": "Limit is -1, want at least 0"},
	},
	{
		name:   "wants replicas that divide nothing",
		driver: alterReading(func(_ *altered, r *scalerkit.Reading) { r.Even = true }),
		caught: map[string]string{"ReportsLevel": "Even is set without a Limit to divide"},
	},
	{
		name:   "has a note of several lines",
		driver: alterReading(func(_ *altered, r *scalerkit.Reading) { r.Note = "all levels count\nMetric: 0 -> 9" }),
		caught: map[string]string{"ReportsLevel": `Note "all levels count\nMetric: 0 -> 9" has more than one line`},
	},
	{
		name: "has the password in its note",
		driver: alterReading(func(a *altered, r *scalerkit.Reading) {
			r.Note = "asked with " + a.config.Password.Reveal()
		}),
		caught: map[string]string{"ReportsLevel": "a secret was printed: asked with <secret>"},
	},
}
