package cron_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/cron"
)

func spec(timezone, start, end, replicas string) scalerkit.Spec {
	return scalerkit.Spec{Name: "day", Metadata: map[string]string{"timezone": timezone, "start": start, "end": end, "desiredReplicas": replicas}}
}

func TestMetric(t *testing.T) {
	for want, s := range map[string]scalerkit.Spec{
		"cron-Europe-Berlin-08xx1-5-300Sl4xxx": spec(" Europe/Berlin ", "0 8 * * 1-5", "30 0/4 * * *", "24"),
		"cron-UTC-0Cm308Qmxx-017Qmxx":          spec("UTC", "0,30  8 ? * *", "0\t17 ? * *", "1"),
		"cron-Local-xxxx0-xxxx1":               spec("Local", "* * * * 0", "* * * * 1", "1"),
	} {
		s.MetricType = scalerkit.Total
		scaler, err := cron.Driver().Open(s, scalerkit.Options{})
		require.NoError(t, err)
		require.Equal(t, scalerkit.Metric{
			Name: want, Target: scalerkit.Target{Kind: scalerkit.Total, Value: 1}, InFlight: true,
		}, scaler.Metric())
		require.NoError(t, scaler.Close())
	}
}

func TestProblemsAreNamed(t *testing.T) {
	const day = `cron trigger "day": `
	const wantZone = " is not a known time zone: want UTC, Local or, given zone data, a name such as Europe/Berlin"
	for _, c := range []struct {
		timezone, start, end, replicas string
		want                           string
	}{
		{"", "", "", "", day + "timezone: is missing: set it in the metadata\n" +
			day + "start: is missing: set it in the metadata\n" +
			day + "end: is missing: set it in the metadata\n" +
			day + "desiredReplicas: is missing: set it in the metadata"},
		{"Europe/Berln", "8:00", "0 25 * * *", "0", day + `desiredReplicas: "0" is not greater than 0` + "\n" +
			day + `timezone: "Europe/Berln"` + wantZone + "\n" +
			day + `start: "8:00" is no cron expression: expected exactly 5 fields, found 1: [8:00]` + "\n" +
			day + `end: "0 25 * * *" is no cron expression: end of range (25) above maximum (23): 25`},
		{"UTC", "0 8 * * 7", "0 8 30 feb *", "-1", day + `desiredReplicas: "-1" is not greater than 0` + "\n" +
			day + `start: "0 8 * * 7" is no cron expression: end of range (7) above maximum (6): 7` + "\n" +
			day + `end: "0 8 30 feb *" never comes: there is no such day`},
		{"UTC", "0 8 * * *", "0 8 * * *", "1", day + `end: "0 8 * * *" comes whenever start does: the window would never close`},
		{"UTC", "0 8 * * 1-3", "0  8 * * mon,2,WED", "1", day + `end: "0  8 * * mon,2,WED" comes whenever start does: the window would never close`},
		{"Asia/Tokyo", "0 8 * * *", "TZ=Asia/Tokyo 0 8 * * *", "1", day + `end: "TZ=Asia/Tokyo 0 8 * * *" comes whenever start does: the window would never close`},
		{"UTC", "@daily", "0 0 0 8 * *", "1", day + `start: "@daily" is no cron expression: parser does not accept descriptors: @daily` + "\n" +
			day + `end: "0 0 0 8 * *" is no cron expression: expected exactly 5 fields, found 6: [0 0 0 8 * *]`},
		{"UTC", "TZ=UTC", "CRON_TZ=Mars/X 0 8 * * *", "1", day + `start: "TZ=UTC" is no cron expression: empty spec string` + "\n" +
			day + `end: "CRON_TZ=Mars/X 0 8 * * *" is no cron expression: "Mars/X"` + wantZone},
		{"UTC", "TZ=UTC TZ=UTC", "TZ= 0 8 * * *", "1", day + `start: "TZ=UTC TZ=UTC" is no cron expression: "TZ=UTC TZ" is not TZ` + "\n" +
			day + `end: "TZ= 0 8 * * *" is no cron expression: ""` + wantZone},
	} {
		s, err := cron.Driver().Open(spec(c.timezone, c.start, c.end, c.replicas), scalerkit.Options{})
		require.Nil(t, s)
		require.EqualError(t, err, c.want)
	}
}

func TestTypedProblemsAreNamed(t *testing.T) {
	for want, c := range map[string]cron.Config{
		"cron trigger: Timezone: is missing\ncron trigger: Start: is missing\ncron trigger: End: is missing\ncron trigger: DesiredReplicas: is not greater than 0": {
			DesiredReplicas: -1,
		},
		`cron trigger: End: "0 8 * * *" comes whenever Start does: the window would never close`: {
			Timezone: "UTC", Start: "0 8 * * *", End: "0 8 * * *", DesiredReplicas: 1,
		},
	} {
		s, err := cron.New(c, scalerkit.Options{})
		require.Nil(t, s)
		require.EqualError(t, err, want)
	}
}

// FuzzParse looks for expressions that panic.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"0 8 * * 1-5", "TZ=UTC", "TZ=UTC 0 8 ? * *", "CRON_TZ=Europe/Berlin 0/5 1-4/2 1,2 jan sun", "@every 1h", "0 0 29 2 *", ", 0 * * *", "*/0 1- -1 1--2 */-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		s, err := cron.New(cron.Config{Timezone: "UTC", Start: expression, End: "7 7 7 7 *", DesiredReplicas: 1}, scalerkit.Options{})
		if err != nil {
			return
		}
		r, err := s.Read(t.Context())
		require.NoError(t, err)
		require.Contains(t, []float64{0, 1}, r.Value)
		require.NoError(t, s.Close())
	})
}
