package simulate

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// A Series is a recorded load: how many messages arrived in each of equal steps.
type Series struct {
	Start    time.Time     // of the first step, if it is known
	Step     time.Duration // greater than zero
	Messages []float64     // by step: finite and at least 0
}

// Length is how long the series lasts.
func (s Series) Length() time.Duration { return time.Duration(len(s.Messages)) * s.Step }

// Times returns the series with so many times the messages.
func (s Series) Times(factor float64) Series {
	messages := make([]float64, len(s.Messages))
	for i, n := range s.Messages {
		messages[i] = factor * n
	}
	s.Messages = messages
	return s
}

// InSteps returns the series with the same messages in steps of another length: a
// shorter one plays it faster.
func (s Series) InSteps(of time.Duration) Series {
	s.Step = of
	return s
}

// Load is the load that was recorded: the messages of a step arrive evenly over it,
// and nothing after the last step.
func (s Series) Load() Load {
	return func(from, to time.Duration, _ *rand.Rand) float64 {
		var sum float64
		for i := int(from / s.Step); i < len(s.Messages); i++ {
			begin, end := time.Duration(i)*s.Step, time.Duration(i+1)*s.Step
			if begin >= to {
				break
			}
			sum += s.Messages[i] * float64(min(end, to)-max(begin, from)) / float64(s.Step)
		}
		return sum
	}
}

// Gaps says what becomes of steps that a file leaves out.
type Gaps string

const (
	RefuseGaps Gaps = ""       // they are an error
	FillZero   Gaps = "zero"   // nothing arrived in them
	FillRepeat Gaps = "repeat" // as much arrived as in the step before
)

// What a file may have. Half a million steps of 5 minutes are 5 years.
const (
	longestLine = 1 << 16
	mostSteps   = 5_000_000
)

// Layouts of a time in a file, besides the seconds since 1970.
var layouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04"}

// ReadCSV reads a series of lines "time,messages", the first of which may be a
// heading. A time is as in 2026-01-31T12:00:00Z or 2026-01-31 12:00:00, in UTC, or the
// seconds since 1970. There are at least two lines, and the steps between their times
// are equal, but for the gaps. Nothing else is guessed: an error names the line and
// what is wrong with it.
func ReadCSV(r io.Reader, gaps Gaps) (Series, error) {
	switch gaps {
	case RefuseGaps, FillZero, FillRepeat:
	default:
		return Series{}, fmt.Errorf("gaps: %q is not %q, %s or %s", gaps, RefuseGaps, FillZero, FillRepeat)
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	var s Series
	var last time.Time
	n := 0
	for lines.Scan() {
		n++
		text := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if text == "" {
			continue
		}
		at, messages, err := row(text)
		if err != nil {
			if n == 1 && heading(text) {
				continue
			}
			return Series{}, fmt.Errorf("line %d: %w", n, err)
		}
		if err := s.add(at, last, messages, gaps); err != nil {
			return Series{}, fmt.Errorf("line %d: %w", n, err)
		}
		last = at
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return Series{}, fmt.Errorf("line %d: it is longer than %d bytes", n+1, longestLine)
	case err != nil:
		return Series{}, fmt.Errorf("line %d: %w", n+1, err)
	case len(s.Messages) < 2:
		return Series{}, fmt.Errorf("line %d: the file ends with %d steps, and needs 2", n, len(s.Messages))
	}
	return s, nil
}

// heading says that a line has no number where one should be, but a comma.
func heading(text string) bool {
	_, value, ok := strings.Cut(text, ",")
	_, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return ok && err != nil && !strings.ContainsAny(value, ",;\t")
}

// row reads one line.
func row(text string) (at time.Time, messages float64, err error) {
	first, second, ok := strings.Cut(text, ",")
	if !ok {
		for _, separator := range []string{";", "\t", "|"} {
			if strings.Contains(text, separator) {
				return at, 0, fmt.Errorf("%q is separated by %q and not by a comma", short(text), separator)
			}
		}
		return at, 0, fmt.Errorf("%q is not a time and a number with a comma between them", short(text))
	}
	if strings.Contains(second, ",") {
		return at, 0, fmt.Errorf("%q has more than a time and a number", short(text))
	}
	if at, err = moment(strings.Trim(strings.TrimSpace(first), `"`)); err != nil {
		return at, 0, err
	}
	second = strings.Trim(strings.TrimSpace(second), `"`)
	messages, err = strconv.ParseFloat(second, 64)
	if err != nil || !(messages >= 0) || math.IsInf(messages, 0) {
		return at, 0, fmt.Errorf("%q is not a number of at least 0", short(second))
	}
	return at, messages, nil
}

// moment reads a time.
func moment(text string) (time.Time, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(seconds) < math.MaxInt32*8 {
		return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC(), nil
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time such as 2026-01-31T12:00:00Z or 2026-01-31 12:00:00, nor seconds since 1970", short(text))
}

// add adds a step, and those of a gap before it.
func (s *Series) add(at, last time.Time, messages float64, gaps Gaps) error {
	const layout = time.RFC3339
	step := at.Sub(last)
	switch {
	case len(s.Messages) == 0:
		s.Start = at
	case step <= 0:
		return fmt.Errorf("%s is not after the line before, %s", at.Format(layout), last.Format(layout))
	case len(s.Messages) == 1:
		s.Step = step
	case step%s.Step != 0:
		return fmt.Errorf("%s is %v after the line before, and the second line was %v after the first", at.Format(layout), step, s.Step)
	case step > s.Step && gaps == RefuseGaps:
		return fmt.Errorf("%s is %v after the line before, and the second line was %v after the first: fill the gap with %s or %s",
			at.Format(layout), step, s.Step, FillZero, FillRepeat)
	case step/s.Step > mostSteps:
		return errTooMany
	default:
		fill := 0.0
		if gaps == FillRepeat {
			fill = s.Messages[len(s.Messages)-1]
		}
		for range step/s.Step - 1 {
			s.Messages = append(s.Messages, fill)
		}
	}
	if s.Messages = append(s.Messages, messages); len(s.Messages) > mostSteps {
		return errTooMany
	}
	return nil
}

var errTooMany = fmt.Errorf("there are more than %d steps", mostSteps)

// short cuts what is quoted.
func short(text string) string {
	const most = 60
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
