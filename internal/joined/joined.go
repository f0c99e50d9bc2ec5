// Package joined takes apart errors that have many problems, so that each is
// told by itself.
package joined

import "fmt"

// Each returns the errors that err is joined from, each after the words that
// say what it is about, which may be empty. It returns nil if err is nil.
func Each(about string, err error) []error {
	if err == nil {
		return nil
	}
	many, ok := err.(interface{ Unwrap() []error })
	switch {
	case ok:
	case about == "":
		return []error{err}
	default:
		return []error{fmt.Errorf("%s%w", about, err)}
	}
	var list []error
	for _, err := range many.Unwrap() {
		list = append(list, Each(about, err)...)
	}
	return list
}
