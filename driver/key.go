package driver

import (
	"fmt"
	"go/token"
	"reflect"
	"slices"
	"strings"
)

// comparableKey returns a key in a form in which equal keys are equal by ==: see
// [Plan.Key]. It panics if there is none, which is a mistake in the driver.
func comparableKey(key any) any {
	v := reflect.ValueOf(key)
	if !v.IsValid() || isComparable(v) {
		return key
	}
	return appendPart(nil, v)
}

// A part of a key has those before it in it, so that the last one is the key.
type part struct{ before, value any }

func appendPart(before any, v reflect.Value) any {
	if !v.IsValid() || v.Kind() != reflect.Interface && isComparable(v) {
		return part{before, valueOf(v)}
	}
	switch v.Kind() {
	case reflect.Interface:
		return appendPart(before, v.Elem())
	case reflect.Struct:
		return appendFields(before, v)
	case reflect.Slice, reflect.Array:
		before = part{before, v.Len()}
		for i := range v.Len() {
			before = appendPart(before, v.Index(i))
		}
		return before
	case reflect.Map:
		before = part{before, v.Len()}
		keys := slices.SortedFunc(slices.Values(v.MapKeys()), func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			before = appendPart(part{before, key.Interface()}, v.MapIndex(key))
		}
		return before
	}
	panic(fmt.Sprintf("driver: a Key has a %s in it, which cannot be compared", v.Type()))
}

func appendFields(before any, v reflect.Value) any {
	t := v.Type()
	before = part{before, t}
	for i := range t.NumField() {
		switch f := t.Field(i); {
		case f.IsExported():
			before = appendPart(before, v.Field(i))
		case !token.IsExported(t.Name()):
			// This is no part of a Config, and so the field is not derived.
			panic(fmt.Sprintf("driver: a Key has a %s in it: for a struct that cannot be compared, its field %s has to be exported", t, f.Name))
		}
	}
	return before
}

func valueOf(v reflect.Value) any {
	if !v.IsValid() {
		return nil
	}
	return v.Interface()
}

// isComparable is what reflect's Comparable is, but allocates nothing: what New
// allocates and drops lies between the Scalers in memory, and slows each round.
func isComparable(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Interface:
		return v.IsNil() || isComparable(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if !isComparable(v.Field(i)) {
				return false
			}
		}
		return true
	}
	return v.Comparable()
}
