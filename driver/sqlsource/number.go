package sqlsource

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// number returns what a database returned as a number. Text is not shown in
// errors, since nobody knows what there may be in a database.
func number(value any) (float64, error) {
	switch v := value.(type) {
	case nil:
		return 0, errors.New("the query returned NULL: want a number")
	case bool:
		return 0, errors.New("the query returned a boolean: want a number")
	case time.Time:
		return 0, errors.New("the query returned a date: want a number")
	case []byte:
		return parse(string(v))
	case string:
		return parse(v)
	}
	switch v := reflect.ValueOf(value); {
	case v.CanInt():
		return float64(v.Int()), nil
	case v.CanUint():
		return float64(v.Uint()), nil
	case v.CanFloat():
		return v.Float(), nil
	}
	return 0, fmt.Errorf("the query returned a %T: want a number", value)
}

// parse reads a number that is written out, as databases return those which
// have more digits than fit into others.
func parse(text string) (float64, error) {
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return 0, errors.New("the query returned text that is no number")
	}
	return f, nil
}
