package azureblob

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// A glob is a pattern for whole names, as a regular expression. It is comparable,
// for equal ones to make equal questions. The zero value is none.
type glob struct {
	expression string // that can be compiled
	literal    string // what every name that matches begins with
}

func (g glob) isSet() bool { return g.expression != "" }

// parseGlob reads a pattern in KEDA's dialect: what separates directories
// is a character like any other. The error completes a sentence that begins with
// the pattern.
func parseGlob(pattern string) (glob, error) {
	t := &translation{rest: []rune(withoutSlash(pattern))}
	for len(t.rest) > 0 {
		if err := t.step(); err != nil {
			return glob{}, err
		}
	}
	if t.depth > 0 {
		return glob{}, errors.New("has a { without its }")
	}
	g := glob{`(?s)\A(?:` + t.out.String() + `)\z`, t.literal.String()}
	if _, err := regexp.Compile(g.expression); err != nil {
		return glob{}, errors.New("is too complex")
	}
	return g, nil
}

// A translation is that of a pattern into a regular expression.
type translation struct {
	rest    []rune
	out     strings.Builder
	literal strings.Builder
	special bool // something other than plain text came up
	depth   int  // of braces
}

// next takes a character off the rest.
func (t *translation) next() rune {
	r := t.rest[0]
	t.rest = t.rest[1:]
	return r
}

// emit writes a piece of the expression that is no plain text.
func (t *translation) emit(expression string) error {
	t.special = true
	t.out.WriteString(expression)
	return nil
}

func (t *translation) step() error {
	switch r := t.next(); {
	case r == '*':
		return t.emit(".*")
	case r == '?':
		return t.emit(".")
	case r == '[':
		return t.set()
	case r == '{':
		t.depth++
		return t.emit("(?:")
	case r == ',' && t.depth > 0:
		return t.emit("|")
	case r == '}' && t.depth > 0:
		t.depth--
		return t.emit(")")
	case r == '\\' && len(t.rest) == 0:
		return errors.New("ends with a backslash")
	case r == '\\':
		t.text(t.next())
	default:
		t.text(r)
	}
	return nil
}

func (t *translation) text(r rune) {
	t.out.WriteString(regexp.QuoteMeta(string(r)))
	if !t.special {
		t.literal.WriteRune(r)
	}
}

// set translates what follows a [.
func (t *translation) set() error {
	var class strings.Builder
	if len(t.rest) > 0 && t.rest[0] == '!' {
		t.next()
		class.WriteByte('^')
	}
	for empty := true; len(t.rest) > 0; empty = false {
		from := t.next()
		switch {
		case from == ']' && empty:
			return errors.New("has an empty set []")
		case from == ']':
			return t.emit("[" + class.String() + "]")
		case from == '\\' && len(t.rest) > 0:
			from = t.next()
		}
		to := from
		if len(t.rest) > 1 && t.rest[0] == '-' && t.rest[1] != ']' {
			t.next()
			to = t.next()
		}
		if to < from {
			return fmt.Errorf("has a range %c-%c whose end is before its beginning", from, to)
		}
		fmt.Fprintf(&class, `\x{%x}-\x{%x}`, from, to)
	}
	return errors.New("has a [ without its ]")
}
