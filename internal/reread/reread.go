// Package reread keeps what is read anew again and again, such as a file that may be
// replaced at any time, for a second.
package reread

import (
	"sync"
	"time"
)

// interval is how long what was read counts.
const interval = time.Second

// A Value is what was read the last time. The zero value has not been read yet. Its
// methods may be called concurrently.
type Value[T any] struct {
	mu    sync.Mutex
	at    time.Time // zero: never
	value T
	err   error
}

// Get returns what read returns. If it was called within the last second, Get returns
// what it returned then, be it an error. There is one call at a time, for which the
// others wait.
func (v *Value[T]) Get(read func() (T, error)) (T, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if now := time.Now(); now.Sub(v.at) >= interval {
		v.at = now
		v.value, v.err = read()
	}
	return v.value, v.err
}
