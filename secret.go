package scalerkit

import (
	"fmt"
	"io"
	"log/slog"
	"unique"
)

const redacted = "[redacted]"

// A Secret is text that is not printed, logged or marshalled: wherever it ends
// up, "[redacted]" stands in its place. Secrets with equal text are equal, so
// that a Secret may be part of a [Pool] key. The zero value is the empty text.
type Secret struct {
	// A handle and not a string, because package fmt reads the unexported
	// fields of an enclosing struct without asking for its methods.
	text unique.Handle[string]
}

// NewSecret returns a Secret with the given text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{unique.Make(text)}
}

// Reveal returns the text.
func (s Secret) Reveal() string {
	if !s.IsSet() {
		return ""
	}
	return s.text.Value()
}

// IsSet reports whether the text is not empty.
func (s Secret) IsSet() bool { return s != Secret{} }

// String returns "[redacted]", or the empty string if the Secret is empty.
func (s Secret) String() string {
	if !s.IsSet() {
		return ""
	}
	return redacted
}

// Format implements [fmt.Formatter] for every verb alike.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText implements [encoding.TextMarshaler], and with it JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. It refuses what
// MarshalText writes: whoever reads that back has lost the secret.
func (s *Secret) UnmarshalText(text []byte) error {
	if string(text) == redacted {
		return fmt.Errorf("the secret is missing: %s stands in its place since it was printed", redacted)
	}
	*s = NewSecret(string(text))
	return nil
}

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Secrets returns a Secret for each of the texts, under its key.
func Secrets(texts map[string]string) map[string]Secret {
	secrets := make(map[string]Secret, len(texts))
	for key, text := range texts {
		secrets[key] = NewSecret(text)
	}
	return secrets
}
