package store

import "time"

// An Answer is what a store has for one authentication.
type Answer struct {
	Values map[string]string // by parameter
	Life   Life
}

// A Life is that of a token, a lease or a certificate. The zero value is a life
// without end.
type Life struct {
	Renew time.Time // when to get another one, which leaves some time for failures
	End   time.Time
}

// Lasting returns a Life that begins now.
func Lasting(now time.Time, life time.Duration) Life {
	return Life{Renew: now.Add(life / 3 * 2), End: now.Add(life)}
}

// And returns the Life of something that needs both.
func (l Life) And(other Life) Life {
	return Life{Renew: earliest(l.Renew, other.Renew), End: earliest(l.End, other.End)}
}

// IsDue reports whether it is time to get another one.
func (l Life) IsDue(now time.Time) bool { return !l.Renew.IsZero() && !now.Before(l.Renew) }

// earliest returns the earlier of two times, of which the zero time is never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
