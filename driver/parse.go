package driver

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/spelling"
)

// parse sets v, which has the field's type, to what text says. The rules are
// KEDA's, whose YAML files have to keep their meaning. It returns what is
// wrong with the text, not quoting it, so that callers can decide whether to.
func (f *field) parse(v reflect.Value, text string) (problem string) {
	switch f.Type {
	case "secret":
		v.Set(reflect.ValueOf(scalerkit.NewSecret(text)))
	case "string":
		v.SetString(text)
	case "bool":
		b, err := strconv.ParseBool(text)
		if err != nil {
			return "is not true or false"
		}
		v.SetBool(b)
	case "int":
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		switch {
		case errors.Is(err, strconv.ErrRange):
			return "is out of range"
		case err != nil || !isNumber(text):
			return "is not a whole number"
		}
		v.SetInt(n)
	case "float":
		n, err := strconv.ParseFloat(text, 64)
		switch {
		case !isNumber(text):
			return "is not a number"
		case err != nil:
			return "is out of range"
		}
		v.SetFloat(n)
	case "duration":
		d, ok := parseDuration(text)
		if !ok {
			return `is not a duration such as "30s" or "5m", nor a number of milliseconds`
		}
		v.SetInt(int64(d))
	case "list":
		v.Set(reflect.ValueOf(parseList(text, f.Sep)))
	case "map":
		m, ok := parseMap(text, f.Sep)
		if !ok {
			return fmt.Sprintf("is not a list of pairs such as %q", "a=1"+f.Sep+"b=2")
		}
		v.Set(reflect.ValueOf(m))
	case "query":
		q, err := url.ParseQuery(text)
		if err != nil {
			return `is not a query string such as "a=1&b=2"`
		}
		v.Set(reflect.ValueOf(q))
	}
	return f.check(v)
}

// isNumber reports whether text is a number as in JSON: KEDA takes no other.
func isNumber(text string) bool {
	return strings.Trim(text, "+-.0123456789eE") == "" && json.Valid([]byte(text))
}

func parseDuration(text string) (time.Duration, bool) {
	if d, err := time.ParseDuration(text); err == nil {
		return d, true
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms > math.MaxInt64/int64(time.Millisecond) || ms < math.MinInt64/int64(time.Millisecond) {
		return 0, false
	}
	return time.Duration(ms) * time.Millisecond, true
}

func parseList(text, sep string) []string {
	var list []string
	for element := range strings.SplitSeq(text, sep) {
		if element = strings.TrimSpace(element); element != "" {
			list = append(list, element)
		}
	}
	return list
}

func parseMap(text, sep string) (map[string]string, bool) {
	m := make(map[string]string)
	for _, pair := range parseList(text, sep) {
		key, value, ok := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		if !ok || key == "" || strings.Contains(value, "=") {
			return nil, false
		}
		m[key] = strings.TrimSpace(value)
	}
	return m, true
}

// check returns what is wrong with the value of v according to the tags.
func (f *field) check(v reflect.Value) (problem string) {
	switch {
	case f.Type == "list" && len(f.Enum) > 0:
		for _, element := range v.Interface().([]string) {
			if problem := f.checkEnum(element); problem != "" {
				return problem
			}
		}
	case len(f.Enum) > 0:
		return f.checkEnum(v.String())
	case f.Format != "":
		return f.checkFormat(v)
	case !f.isNumber():
		return ""
	case f.Type == "float" && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)):
		return "is not a number"
	case f.Min != "" && compare(v, f.Min) < 0:
		return "is less than " + f.Min
	case f.Above != "" && compare(v, f.Above) <= 0:
		return "is not greater than " + f.Above
	case f.Max != "" && compare(v, f.Max) > 0:
		return "is greater than " + f.Max
	case f.Type == "duration" && v.Int() < 0:
		return "is negative"
	}
	return ""
}

func (f *field) checkEnum(text string) (problem string) {
	if slices.Contains(f.Enum, text) {
		return ""
	}
	if slices.Contains(f.refused, text) {
		return "is not supported: use one of " + strings.Join(f.Enum, ", ")
	}
	problem = "is not one of " + strings.Join(f.Enum, ", ")
	if near := spelling.Nearest(text, f.Enum); near != "" {
		problem += fmt.Sprintf("; did you mean %q?", near)
	}
	return problem
}

// compare compares a number or duration with a bound from a tag.
func compare(v reflect.Value, bound string) int {
	switch {
	case v.Type() == durationType:
		d, _ := parseDuration(bound)
		return cmp.Compare(v.Int(), int64(d))
	case v.CanInt():
		n, _ := strconv.ParseInt(bound, 10, 64)
		return cmp.Compare(v.Int(), n)
	default:
		n, _ := strconv.ParseFloat(bound, 64)
		return cmp.Compare(v.Float(), n)
	}
}

// trim returns text without what surrounds a value, empty if there is none.
func (f *field) trim(text string) string {
	text = strings.TrimSpace(text)
	if (f.Type == "list" || f.Type == "map") && len(parseList(text, f.Sep)) == 0 {
		return ""
	}
	return text
}

// mayBeShown reports whether errors may quote a value from the metadata. A map
// or query has values of its own, such as those of HTTP headers, and an address
// may have a password in it.
func (f *field) mayBeShown() bool {
	return f.Type != "secret" && f.Type != "map" && f.Type != "query" && f.Format == ""
}
