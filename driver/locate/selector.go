package locate

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Selector selects samples in Prometheus' text format: see [ParseSelector].
type Selector struct {
	name     string
	matchers []matcher
}

// A matcher is a label of a sample, with the operator =, or of a selector.
type matcher struct {
	label, operator, value string
	pattern                *regexp.Regexp
}

func (m *matcher) matches(value string) bool {
	is := value == m.value
	if m.pattern != nil {
		is = m.pattern.MatchString(value)
	}
	return is == !strings.HasPrefix(m.operator, "!")
}

// ParseSelector reads a selector such as queue_length{name="orders"}, with all of
// PromQL's matchers. A label that is not there is empty.
func ParseSelector(text string) (Selector, error) {
	name, matchers, rest, err := parseSeries(text)
	switch {
	case err != nil:
		return Selector{}, err
	case strings.TrimSpace(rest) != "":
		return Selector{}, fmt.Errorf("there is %q behind it", strings.TrimSpace(rest))
	case name == "":
		return Selector{}, errors.New("it has no name")
	}
	for i := range matchers {
		if m := &matchers[i]; strings.HasSuffix(m.operator, "~") {
			if m.pattern, err = regexp.Compile("^(?s:" + m.value + ")$"); err != nil {
				return Selector{}, err
			}
		}
	}
	return Selector{name, matchers}, nil
}

var operator = regexp.MustCompile(`^([^=!~{}",\s]+)\s*(=~|!~|!=|=)\s*`)

// parseSeries reads the name and the labels at the beginning of a text.
func parseSeries(text string) (name string, labels []matcher, rest string, err error) {
	end := strings.IndexAny(text, "{ \t")
	if end < 0 {
		return text, nil, "", nil
	}
	name, rest = text[:end], strings.TrimLeft(text[end:], " \t")
	if !strings.HasPrefix(rest, "{") {
		return name, nil, rest, nil
	}
	for rest = rest[1:]; ; {
		rest = strings.TrimLeft(rest, " \t,")
		if after, ok := strings.CutPrefix(rest, "}"); ok {
			return name, labels, after, nil
		}
		begin := operator.FindStringSubmatch(rest)
		if begin == nil {
			return "", nil, "", errors.New("its labels are not such as name=\"value\"")
		}
		rest = rest[len(begin[0]):]
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return "", nil, "", fmt.Errorf("the value of %s is not in quotes", begin[1])
		}
		value, _ := strconv.Unquote(quoted) // QuotedPrefix has seen to it
		labels = append(labels, matcher{label: begin[1], operator: begin[2], value: value})
		rest = rest[len(quoted):]
	}
}

// Find returns the value of the first sample that matches. If several do, the
// note says so.
func (s Selector) Find(body []byte) (value float64, note string, err error) {
	matching := 0
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, s.name) {
			continue
		}
		name, labels, rest, err := parseSeries(line)
		if err != nil {
			return 0, "", fmt.Errorf("a sample of %s cannot be read: %w", s.name, err)
		}
		if name != s.name || !s.matches(labels) {
			continue
		}
		if matching++; matching > 1 {
			continue
		}
		number, _, _ := strings.Cut(strings.TrimSpace(strings.ReplaceAll(rest, "\t", " ")), " ")
		if value, err = strconv.ParseFloat(number, 64); err != nil {
			return 0, "", errors.New("is no number")
		}
	}
	switch {
	case matching == 0:
		return 0, "", errNotThere
	case matching > 1:
		note = fmt.Sprintf("%d samples match, of which the first counts", matching)
	}
	return value, note, nil
}

// matches reports whether the labels of a sample are those that are selected. A
// label that is not there is empty.
func (s Selector) matches(labels []matcher) bool {
	for _, m := range s.matchers {
		value := ""
		for _, l := range labels {
			if l.label == m.label {
				value = l.value
			}
		}
		if !m.matches(value) {
			return false
		}
	}
	return true
}
