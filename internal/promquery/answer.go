package promquery

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/signed"
)

// An answer is that of the server.
type answer struct {
	Status, ErrorType, Error string
	Warnings, Infos          []string
	IsPartial                bool // VictoriaMetrics
	Data                     struct {
		ResultType string
		Result     json.RawMessage
	}
}

// A Result is what there is to know of an answer. Whether a value that is null
// will do is for each trigger to say.
type Result struct {
	value float64
	null  string // why there is no value
	note  string
}

const noSeries = "the query has no result"

// result returns what the answer says. What is from the answer goes through
// excerpt before it is in an error or a note.
func (a *answer) result(partialWillDo bool, excerpt func(string) string) (Result, error) {
	note, err := a.check(partialWillDo, excerpt)
	if err != nil {
		return Result{}, err
	}
	r, err := a.value()
	r.note = note
	return r, err
}

// check returns what the server remarks on its answer, and an error if that is none or
// not the whole of it.
func (a *answer) check(partialWillDo bool, excerpt func(string) string) (note string, err error) {
	if a.Status != "success" {
		text := fmt.Sprintf("the status of the answer is %q and not success: %s: %s", a.Status, a.ErrorType, a.Error)
		return "", errors.New(excerpt(strings.TrimRight(text, ": ")))
	}
	// Prometheus says so of its remarks on the query. Any other warning is about
	// data that could not be had.
	const ofQuery = "PromQL "
	partial := a.IsPartial
	for _, warning := range a.Warnings {
		partial = partial || !strings.HasPrefix(warning, ofQuery)
	}
	note = excerpt(strings.Join(append(a.Warnings, a.Infos...), "; "))
	if partial {
		note = strings.TrimSuffix("the answer is partial: "+note, ": ")
		if !partialWillDo {
			return "", errors.New(note)
		}
	}
	return note, nil
}

// value returns the value, or why there is none.
func (a *answer) value() (Result, error) {
	var err error
	var pair []any // time and value
	var series []struct {
		Value     []any
		Histogram any
	}
	switch a.Data.ResultType {
	case "scalar":
		err = json.Unmarshal(a.Data.Result, &pair)
	case "vector":
		err = json.Unmarshal(a.Data.Result, &series)
	default:
		return Result{}, fmt.Errorf("the result is a %q: it should be an instant vector or a scalar", a.Data.ResultType)
	}
	switch {
	case err != nil:
		return Result{}, fmt.Errorf("the result is not the %s that it should be: %w", a.Data.ResultType, err)
	case a.Data.ResultType == "scalar":
	case len(series) == 0:
		return Result{null: noSeries}, nil
	case len(series) > 1:
		return Result{}, fmt.Errorf("the result has %d series and not one: make one of them, with sum() or max(), say", len(series))
	case series[0].Histogram != nil:
		return Result{}, errors.New("the result is a histogram: make a number of it, with histogram_quantile(), say")
	default:
		pair = series[0].Value
	}
	return valueOf(pair)
}

func valueOf(pair []any) (Result, error) {
	if len(pair) == 0 || len(pair) == 2 && pair[1] == nil {
		return Result{null: "the result has no value"}, nil
	}
	text, _ := pair[len(pair)-1].(string)
	value, err := strconv.ParseFloat(text, 64)
	switch {
	case len(pair) != 2 || err != nil && !math.IsInf(value, 0):
		return Result{}, errors.New("the value is not the pair of a time and a number, as text, that it should be")
	case math.IsNaN(value) || math.IsInf(value, 0):
		return Result{null: fmt.Sprintf("the result is %v", value)}, nil
	}
	return Result{value: value}, nil
}

// Reading returns what a trigger makes of a Result: what has no value counts as 0
// if that is to be ignored, and so does what is below 0. That is compared with the
// activation as it is.
func (r Result) Reading(ignoreNull bool, activation float64) (scalerkit.Reading, error) {
	reading := signed.Reading(r.value, activation)
	switch {
	case r.null == noSeries && !ignoreNull:
		return scalerkit.Reading{}, fmt.Errorf("%w: %s", scalerkit.ErrNotFound, r.null)
	case r.null != "" && !ignoreNull:
		return scalerkit.Reading{}, errors.New(r.null)
	case r.null != "":
		reading.Note = r.null + ", which counts as 0"
	}
	reading.Note = strings.Trim(reading.Note+"; "+r.note, "; ")
	return reading, nil
}
