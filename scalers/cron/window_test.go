package cron_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/cron"
)

// edges returns the times within some days from the begin at which the window
// opens and closes, as a Watch tells of them and Read knows them. It begins
// with an opening if the window is open at first.
func edges(t *testing.T, c cron.Config, begin string, days int) []string {
	t.Helper()
	zone, err := time.LoadLocation(c.Timezone)
	require.NoError(t, err)
	from, err := time.ParseInLocation("2006-01-02 15:04", begin, zone)
	require.NoError(t, err)
	var found []string
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(from))
		s, err := cron.New(c, scalerkit.Options{})
		require.NoError(t, err)
		open := false
		look := func() {
			r, err := s.Read(t.Context())
			require.NoError(t, err)
			now := time.Now()
			if isOpen := r.Value > 0; isOpen != open {
				open = isOpen
				found = append(found, map[bool]string{true: "open ", false: "close "}[open]+now.In(zone).Format("01-02 15:04 -0700"))
			}
			want := scalerkit.Reading{Time: now}
			if open {
				want.Value, want.Limit = float64(c.DesiredReplicas), c.DesiredReplicas
			}
			require.Equal(t, want, r)
		}
		look()
		length := time.Duration(days)*24*time.Hour - time.Minute // ends when nothing else happens
		ctx, cancel := context.WithTimeout(t.Context(), length)
		defer cancel()
		require.ErrorIs(t, s.(scalerkit.Watcher).Watch(ctx, look), context.DeadlineExceeded)
		require.NoError(t, s.Close())
	})
	return found
}

func TestWindows(t *testing.T) {
	for name, c := range map[string]struct {
		start, end string
		want       []string // from Wednesday, 5 January 2000, on, for 3 days
	}{
		"in a day": {"0 8 * * *", "30 17 * * *", []string{
			"open 01-05 08:00 +0000", "close 01-05 17:30 +0000",
			"open 01-06 08:00 +0000", "close 01-06 17:30 +0000",
			"open 01-07 08:00 +0000", "close 01-07 17:30 +0000",
		}},
		"over midnight": {"0 22 * * *", "0 6 * * *", []string{
			"open 01-05 00:00 +0000", "close 01-05 06:00 +0000",
			"open 01-05 22:00 +0000", "close 01-06 06:00 +0000",
			"open 01-06 22:00 +0000", "close 01-07 06:00 +0000",
			"open 01-07 22:00 +0000",
		}},
		"on some days of the week": {"0 8 * * mon,THU", "0 9 * * 1,4", []string{
			"open 01-06 08:00 +0000", "close 01-06 09:00 +0000",
		}},
		"over a weekend": {"0 18 * * 5", "0 6 * * 1", []string{"open 01-07 18:00 +0000"}},
		"on a day of the month or of the week": {"0 8 6 * 3", "0 9 6 * 3", []string{
			"open 01-05 08:00 +0000", "close 01-05 09:00 +0000",
			"open 01-06 08:00 +0000", "close 01-06 09:00 +0000",
		}},
		"several a day": {"0 8/6 * * *", "30 8/6 * * *", []string{
			"open 01-05 08:00 +0000", "close 01-05 08:30 +0000",
			"open 01-05 14:00 +0000", "close 01-05 14:30 +0000",
			"open 01-05 20:00 +0000", "close 01-05 20:30 +0000",
			"open 01-06 08:00 +0000", "close 01-06 08:30 +0000",
			"open 01-06 14:00 +0000", "close 01-06 14:30 +0000",
			"open 01-06 20:00 +0000", "close 01-06 20:30 +0000",
			"open 01-07 08:00 +0000", "close 01-07 08:30 +0000",
			"open 01-07 14:00 +0000", "close 01-07 14:30 +0000",
			"open 01-07 20:00 +0000", "close 01-07 20:30 +0000",
		}},
		"of overlapping starts": {"0 8,10 5 * *", "0 12 5 * *", []string{
			"open 01-05 10:00 +0000", "close 01-05 12:00 +0000",
		}},
		"of overlapping ends": {"0 8 5 * *", "0 12,18 5 * *", []string{
			"open 01-05 08:00 +0000", "close 01-05 18:00 +0000",
		}},
		"of ends at some starts": {"0 8,10 5 * *", "0 10 5 * *", []string{
			"open 01-05 08:00 +0000", "close 01-05 10:00 +0000",
		}},
		"in another zone": {"CRON_TZ=Asia/Tokyo 0 8 6 * *", "TZ=America/New_York 0 8 6 * *", []string{
			"open 01-05 23:00 +0000", "close 01-06 13:00 +0000",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, edges(t, cron.Config{Timezone: "UTC", Start: c.start, End: c.end, DesiredReplicas: 24}, "2000-01-05 00:00", 3))
		})
	}
}

func TestWindowsWhenClocksArePutForward(t *testing.T) {
	for _, c := range []struct {
		zone, start, end string
		begin            string // at the day before, for 3 days
		want             []string
	}{
		// 02:00 to 03:00 is skipped on 26 March 2000.
		{"Europe/Berlin", "0 1 * * *", "0 4 * * *", "2000-03-25 00:00", []string{ // around it
			"open 03-25 01:00 +0100", "close 03-25 04:00 +0100",
			"open 03-26 01:00 +0100", "close 03-26 04:00 +0200",
			"open 03-27 01:00 +0200", "close 03-27 04:00 +0200",
		}},
		{"Europe/Berlin", "30 2 * * *", "0 6 * * *", "2000-03-25 00:00", []string{ // begins in it
			"open 03-25 02:30 +0100", "close 03-25 06:00 +0100",
			"open 03-26 03:00 +0200", "close 03-26 06:00 +0200",
			"open 03-27 02:30 +0200", "close 03-27 06:00 +0200",
		}},
		{"Europe/Berlin", "0 22 * * *", "30 2 * * *", "2000-03-25 12:00", []string{ // ends in it
			"open 03-25 22:00 +0100", "close 03-26 03:00 +0200",
			"open 03-26 22:00 +0200", "close 03-27 02:30 +0200",
			"open 03-27 22:00 +0200", "close 03-28 02:30 +0200",
		}},
		{"Europe/Berlin", "15 2 * * *", "45 2 * * *", "2000-03-25 00:00", []string{ // is in it
			"open 03-25 02:15 +0100", "close 03-25 02:45 +0100",
			"open 03-27 02:15 +0200", "close 03-27 02:45 +0200",
		}},
		{"Europe/Berlin", "45 2 * * *", "15 2 * * *", "2000-03-25 02:30", []string{ // is all but it
			"open 03-25 02:45 +0100",
			"close 03-27 02:15 +0200", "open 03-27 02:45 +0200",
			"close 03-28 02:15 +0200", "open 03-28 02:45 +0200",
		}},
		{"Europe/Berlin", "0 2 * * *", "0 3 * * *", "2000-03-25 00:00", []string{ // is it
			"open 03-25 02:00 +0100", "close 03-25 03:00 +0100",
			"open 03-27 02:00 +0200", "close 03-27 03:00 +0200",
		}},
		{"Europe/Berlin", "0 1-4 26 3 *", "30 1-4 26 3 *", "2000-03-26 00:00", []string{ // several
			"open 03-26 01:00 +0100", "close 03-26 01:30 +0100",
			"open 03-26 03:00 +0200", "close 03-26 03:30 +0200",
			"open 03-26 04:00 +0200", "close 03-26 04:30 +0200",
		}},
		// 02:00 to 03:00 is skipped on 2 April 2000.
		{"America/New_York", "30 2 * * *", "0 6 * * *", "2000-04-01 00:00", []string{
			"open 04-01 02:30 -0500", "close 04-01 06:00 -0500",
			"open 04-02 03:00 -0400", "close 04-02 06:00 -0400",
			"open 04-03 02:30 -0400", "close 04-03 06:00 -0400",
		}},
		{"America/New_York", "0 22 * * *", "30 2 * * *", "2000-04-01 12:00", []string{
			"open 04-01 22:00 -0500", "close 04-02 03:00 -0400",
			"open 04-02 22:00 -0400", "close 04-03 02:30 -0400",
			"open 04-03 22:00 -0400", "close 04-04 02:30 -0400",
		}},
		// 02:00 to 02:30 is skipped on 28 October 2001.
		{"Australia/Lord_Howe", "15 2 * * *", "0 6 * * *", "2001-10-27 00:00", []string{
			"open 10-27 02:15 +1030", "close 10-27 06:00 +1030",
			"open 10-28 02:30 +1100", "close 10-28 06:00 +1100",
			"open 10-29 02:15 +1100", "close 10-29 06:00 +1100",
		}},
		{"Australia/Lord_Howe", "0 22 * * *", "15 2 * * *", "2001-10-27 12:00", []string{
			"open 10-27 22:00 +1030", "close 10-28 02:30 +1100",
			"open 10-28 22:00 +1100", "close 10-29 02:15 +1100",
			"open 10-29 22:00 +1100", "close 10-30 02:15 +1100",
		}},
		{"Australia/Lord_Howe", "0 1 * * *", "45 2 * * *", "2001-10-27 00:00", []string{
			"open 10-27 01:00 +1030", "close 10-27 02:45 +1030",
			"open 10-28 01:00 +1030", "close 10-28 02:45 +1100",
			"open 10-29 01:00 +1100", "close 10-29 02:45 +1100",
		}},
		// The whole of 30 December 2011 is.
		{"Pacific/Apia", "0 8 * * *", "0 17 * * *", "2011-12-29 00:00", []string{
			"open 12-29 08:00 -1000", "close 12-29 17:00 -1000",
			"open 12-31 08:00 +1400", "close 12-31 17:00 +1400",
			"open 01-01 08:00 +1400", "close 01-01 17:00 +1400",
		}},
	} {
		t.Run(c.zone+" "+c.start+" to "+c.end, func(t *testing.T) {
			require.Equal(t, c.want, edges(t, cron.Config{Timezone: c.zone, Start: c.start, End: c.end, DesiredReplicas: 24}, c.begin, 3))
		})
	}
}

func TestWindowsWhenClocksArePutBack(t *testing.T) {
	for _, c := range []struct {
		zone, start, end string
		begin            string // at the day before, for 3 days
		want             []string
	}{
		// 02:00 to 03:00 comes twice on 29 October 2000.
		{"Europe/Berlin", "0 1 * * *", "0 4 * * *", "2000-10-28 00:00", []string{ // around it
			"open 10-28 01:00 +0200", "close 10-28 04:00 +0200",
			"open 10-29 01:00 +0200", "close 10-29 04:00 +0100",
			"open 10-30 01:00 +0100", "close 10-30 04:00 +0100",
		}},
		{"Europe/Berlin", "30 2 * * *", "0 6 * * *", "2000-10-28 00:00", []string{ // begins in it
			"open 10-28 02:30 +0200", "close 10-28 06:00 +0200",
			"open 10-29 02:30 +0100", "close 10-29 06:00 +0100",
			"open 10-30 02:30 +0100", "close 10-30 06:00 +0100",
		}},
		{"Europe/Berlin", "0 22 * * *", "30 2 * * *", "2000-10-28 12:00", []string{ // ends in it
			"open 10-28 22:00 +0200", "close 10-29 02:30 +0100",
			"open 10-29 22:00 +0100", "close 10-30 02:30 +0100",
			"open 10-30 22:00 +0100", "close 10-31 02:30 +0100",
		}},
		{"Europe/Berlin", "15 2 * * *", "45 2 * * *", "2000-10-28 00:00", []string{ // is in it
			"open 10-28 02:15 +0200", "close 10-28 02:45 +0200",
			"open 10-29 02:15 +0200", "close 10-29 02:45 +0200",
			"open 10-29 02:15 +0100", "close 10-29 02:45 +0100",
			"open 10-30 02:15 +0100", "close 10-30 02:45 +0100",
		}},
		{"Europe/Berlin", "0 2-3 29 10 *", "30 2-3 29 10 *", "2000-10-29 00:00", []string{ // several
			"open 10-29 02:00 +0200", "close 10-29 02:30 +0200",
			"open 10-29 02:00 +0100", "close 10-29 02:30 +0100",
			"open 10-29 03:00 +0100", "close 10-29 03:30 +0100",
		}},
		// 01:00 to 02:00 comes twice on 29 October 2000.
		{"America/New_York", "30 1 * * *", "0 6 * * *", "2000-10-28 00:00", []string{
			"open 10-28 01:30 -0400", "close 10-28 06:00 -0400",
			"open 10-29 01:30 -0500", "close 10-29 06:00 -0500",
			"open 10-30 01:30 -0500", "close 10-30 06:00 -0500",
		}},
		{"America/New_York", "0 22 * * *", "30 1 * * *", "2000-10-28 12:00", []string{
			"open 10-28 22:00 -0400", "close 10-29 01:30 -0500",
			"open 10-29 22:00 -0500", "close 10-30 01:30 -0500",
			"open 10-30 22:00 -0500", "close 10-31 01:30 -0500",
		}},
		// 01:30 to 02:00 comes twice on 25 March 2001.
		{"Australia/Lord_Howe", "45 1 * * *", "0 6 * * *", "2001-03-24 00:00", []string{
			"open 03-24 01:45 +1100", "close 03-24 06:00 +1100",
			"open 03-25 01:45 +1030", "close 03-25 06:00 +1030",
			"open 03-26 01:45 +1030", "close 03-26 06:00 +1030",
		}},
		{"Australia/Lord_Howe", "0 22 * * *", "45 1 * * *", "2001-03-24 12:00", []string{
			"open 03-24 22:00 +1100", "close 03-25 01:45 +1030",
			"open 03-25 22:00 +1030", "close 03-26 01:45 +1030",
			"open 03-26 22:00 +1030", "close 03-27 01:45 +1030",
		}},
		{"Australia/Lord_Howe", "15 1 * * *", "15 2 * * *", "2001-03-24 00:00", []string{
			"open 03-24 01:15 +1100", "close 03-24 02:15 +1100",
			"open 03-25 01:15 +1100", "close 03-25 02:15 +1030",
			"open 03-26 01:15 +1030", "close 03-26 02:15 +1030",
		}},
	} {
		t.Run(c.zone+" "+c.start+" to "+c.end, func(t *testing.T) {
			require.Equal(t, c.want, edges(t, cron.Config{Timezone: c.zone, Start: c.start, End: c.end, DesiredReplicas: 24}, c.begin, 3))
		})
	}
}
