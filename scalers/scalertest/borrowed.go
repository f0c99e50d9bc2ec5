package scalertest

import (
	"testing"

	"github.com/scalerkit/scalerkit"
)

// Borrowed checks what becomes of a client or credential that a program brings
// with a Config: Scalers share a connection if they have the same one and no
// other, and it still works after they are closed. Open returns a Scaler that
// works with either of the two.
func Borrowed[T any](tb testing.TB, open func(T, scalerkit.Options) (scalerkit.Scaler, error), one, other T) {
	tb.Helper()
	for range 2 { // the second time, all that was opened is closed
		pool := new(scalerkit.Pool)
		var all []scalerkit.Scaler
		connections := func(brought T) int {
			tb.Helper()
			s, err := open(brought, scalerkit.Options{Pool: pool})
			if err != nil {
				tb.Fatal(err)
			}
			all = append(all, s)
			if _, err := s.Read(tb.Context()); err != nil {
				tb.Fatal(err)
			}
			return pool.Len()
		}
		n := connections(one)
		if again := connections(one); again != n {
			tb.Errorf("a second Scaler with the same one of the program's has a connection of its own: %d instead of %d", again, n)
		}
		if more := connections(other); more <= n {
			tb.Error("a Scaler with another one of the program's has no connection of its own")
		}
		for _, s := range all {
			if err := s.Close(); err != nil {
				tb.Error(err)
			}
		}
	}
}
