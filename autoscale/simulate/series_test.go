package simulate_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

func TestReadCSV(t *testing.T) {
	want := simulate.Series{Start: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), Step: 5 * time.Minute, Messages: []float64{3, 0.5, 70}}
	for _, text := range []string{
		"timestamp,value\n2026-01-31 12:00:00,3\n2026-01-31 12:05:00,0.5\n2026-01-31 12:10:00,7e1\n",
		"2026-01-31T12:00:00Z,3\r\n2026-01-31T13:05:00+01:00,0.5\r\n\r\n2026-01-31T12:10:00Z, 70",
		"\ufeff\"time\",\"messages\"\n1769860800,3\n1769861100,\"0.5\"\n1769861400.000,70\n",
	} {
		s, err := simulate.ReadCSV(strings.NewReader(text), simulate.RefuseGaps)
		require.NoError(t, err, text)
		require.Equal(t, want, s, text)
	}
	require.Equal(t, 15*time.Minute, want.Length())
	load := want.Times(2).InSteps(time.Minute).Load()
	require.Equal(t, 147.0, load(0, time.Hour, nil))
	require.InDelta(t, 6+1+70.0, load(0, 150*time.Second, nil), 1e-9)
	require.InDelta(t, 3.0, load(30*time.Second, time.Minute, nil), 1e-9)
	require.Zero(t, load(3*time.Minute, time.Hour, nil))
}

func TestGaps(t *testing.T) {
	const text = "2026-01-31 12:00:00,3\n2026-01-31 12:05:00,4\n2026-01-31 12:20:00,5\n"
	s, err := simulate.ReadCSV(strings.NewReader(text), simulate.FillZero)
	require.NoError(t, err)
	require.Equal(t, []float64{3, 4, 0, 0, 5}, s.Messages)
	s, err = simulate.ReadCSV(strings.NewReader(text), simulate.FillRepeat)
	require.NoError(t, err)
	require.Equal(t, []float64{3, 4, 4, 4, 5}, s.Messages)
	_, err = simulate.ReadCSV(strings.NewReader(text), "guess")
	require.EqualError(t, err, `gaps: "guess" is not "", zero or repeat`)
}

func TestBadCSV(t *testing.T) {
	const begin = "time,messages\n2026-01-31 12:00:00,3\n2026-01-31 12:05:00,4\n"
	for _, tt := range []struct{ text, want string }{
		{"", "line 0: the file ends with 0 steps, and needs 2"},
		{"2026-01-31 12:00:00,3\n", "line 1: the file ends with 1 steps, and needs 2"},
		{"time;messages\n", `line 1: "time;messages" is separated by ";" and not by a comma`},
		{"2026-01-31 12:00:00\t3\n", `line 1: "2026-01-31 12:00:00\t3" is separated by "\t" and not by a comma`},
		{"2026-01-31 12:00:00;3,5\n2026-01-31 12:05:00;4,5", `line 1: "2026-01-31 12:00:00;3" is not a time such as 2026-01-31T12:00:00Z or 2026-01-31 12:00:00, nor seconds since 1970`},
		{"hello\n", `line 1: "hello" is not a time and a number with a comma between them`},
		{"time,messages,host\n", `line 1: "time,messages,host" has more than a time and a number`},
		{begin + "2026-01-31 12:10:00,4,a\n", `line 4: "2026-01-31 12:10:00,4,a" has more than a time and a number`},
		{begin + "2026-01-31 12:10:00,\n", `line 4: "" is not a number of at least 0`},
		{begin + "2026-01-31 12:10:00,NaN\n", `line 4: "NaN" is not a number of at least 0`},
		{begin + "2026-01-31 12:10:00,-1\n", `line 4: "-1" is not a number of at least 0`},
		{begin + "2026-01-31 12:10:00,Inf\n", `line 4: "Inf" is not a number of at least 0`},
		{begin + "31.01.2026 12:10,4\n", `line 4: "31.01.2026 12:10" is not a time such as 2026-01-31T12:00:00Z or 2026-01-31 12:00:00, nor seconds since 1970`},
		{begin + "2026-01-31 12:05:00,4\n", "line 4: 2026-01-31T12:05:00Z is not after the line before, 2026-01-31T12:05:00Z"},
		{begin + "2026-01-31 11:00:00,4\n", "line 4: 2026-01-31T11:00:00Z is not after the line before, 2026-01-31T12:05:00Z"},
		{begin + "2026-01-31 12:15:00,4\n", "line 4: 2026-01-31T12:15:00Z is 10m0s after the line before, and the second line was 5m0s after the first: fill the gap with zero or repeat"},
		{begin + "2026-01-31 12:08:00,4\n", "line 4: 2026-01-31T12:08:00Z is 3m0s after the line before, and the second line was 5m0s after the first"},
		{begin + strings.Repeat("x", 70_000), "line 4: it is longer than 65536 bytes"},
		{begin + strings.Repeat("é", 100) + ",1", `line 4: "` + strings.Repeat("é", 30) + `…" is not a time such as 2026-01-31T12:00:00Z or 2026-01-31 12:00:00, nor seconds since 1970`},
	} {
		_, err := simulate.ReadCSV(strings.NewReader(tt.text), simulate.RefuseGaps)
		require.EqualError(t, err, tt.want)
	}
	_, err := simulate.ReadCSV(strings.NewReader("0,1\n1,1\n6000000,1\n"), simulate.FillZero)
	require.EqualError(t, err, "line 3: there are more than 5000000 steps")
}

// A file without an end is refused before it fills the memory.
func TestAHugeFile(t *testing.T) {
	_, err := simulate.ReadCSV(&endless{}, simulate.RefuseGaps)
	require.EqualError(t, err, "line 5000001: there are more than 5000000 steps")
}

type endless struct{ at int64 }

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for {
		line := strconv.FormatInt(e.at, 10) + ",1\n"
		if n+len(line) > len(p) {
			return n, nil
		}
		n += copy(p[n:], line)
		e.at++
	}
}

// Whatever a file has, it is a series or an error of one line.
func FuzzReadCSV(f *testing.F) {
	for _, text := range []string{"time,value\n0,1\n60,2\n", "2026-01-31 12:00:00,3\n2026-01-31 12:05:00,4\n2026-01-31 12:20:00,5", "a;b", "1e300,1\n2,2"} {
		f.Add(text, "repeat")
	}
	f.Fuzz(func(t *testing.T, text, gaps string) {
		s, err := simulate.ReadCSV(strings.NewReader(text), simulate.Gaps(gaps))
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		require.Positive(t, s.Step)
		require.GreaterOrEqual(t, len(s.Messages), 2)
		sum := 0.0
		for _, n := range s.Messages {
			require.GreaterOrEqual(t, n, 0.0)
			sum += n
		}
		if sum < 1e300 && s.Length() > 0 {
			require.InEpsilon(t, 1+sum, 1+s.Load()(0, s.Length(), nil), 1e-6)
		}
	})
}
