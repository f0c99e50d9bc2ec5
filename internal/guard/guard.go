// Package guard turns panics into errors: one faulty client library must not
// end the scaling of everything else.
package guard

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// Do calls f and returns its error. If f panics, the error says so and has the
// stack of the goroutine; see [Stack].
func Do(f func() error) (err error) {
	defer Catch(&err)
	return f()
}

// Catch makes *err what [Do] would return, when it is deferred itself.
func Catch(err *error) {
	if r := recover(); r != nil {
		*err = &panicError{r, debug.Stack()}
	}
}

// Stack returns where the panic was that err wraps, empty if there is none.
func Stack(err error) string {
	if p := (*panicError)(nil); errors.As(err, &p) {
		return string(p.stack)
	}
	return ""
}

type panicError struct {
	value any
	stack []byte
}

// Error leaves out the stack, which is of no use in a status or an event.
func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// Unwrap returns the value of the panic, if that is an error.
func (p *panicError) Unwrap() error {
	err, _ := p.value.(error)
	return err
}
