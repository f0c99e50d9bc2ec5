package controller

import (
	"crypto/sha256"
	"encoding/json"
)

// A Digest tells whether something is the same as before, without keeping it:
// it may have secrets. It is for one process: another version may have others.
type Digest [sha256.Size / 2]byte

// DigestOf returns the Digest of what can be marshaled.
func DigestOf(v any) Digest {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // there is nothing in these types that cannot be marshaled
	}
	sum := sha256.Sum256(text)
	return Digest(sum[:len(Digest{})])
}
