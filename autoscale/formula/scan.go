package formula

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A token is the smallest part of an expression.
type token struct {
	kind tokenKind
	text string // for a name after #, without that
	at   int    // how many runes of the source are before it
}

type tokenKind int

const (
	ending  tokenKind = iota // of the expression
	digits                   // a number as it is written
	text                     // what is between quotation marks
	word                     // a name or a keyword
	symbol                   // an operator or a bracket
	element                  // # in a condition, or #index, or #acc
)

// describe returns what messages call the token.
func (t token) describe() string {
	switch t.kind {
	case ending:
		return "end of the formula"
	case element:
		return strconv.Quote("#" + t.text)
	}
	return strconv.Quote(t.text)
}

// is says whether the token is an operator, a bracket or a keyword.
func (t token) is(text string) bool {
	return t.text == text && (t.kind == symbol || t.kind == word)
}

// A failure is what is wrong with an expression, or with its evaluation, at a
// place in it.
type failure struct {
	at      int // how many runes of the source are before it
	message string
}

func failAt(at int, format string, args ...any) *failure {
	return &failure{at, fmt.Sprintf(format, args...)}
}

// pairs are the symbols of two characters.
var pairs = []string{"??", "?.", "||", "&&", "==", "!=", "<=", ">=", "**", "::", ".."}

// scan returns the tokens of an expression, of which the last one is its ending.
func scan(source string) ([]token, *failure) {
	runes := []rune(source)
	at := func(i int) rune {
		if i < len(runes) {
			return runes[i]
		}
		return 0
	}
	until := func(i int, ends func(rune) bool) int {
		for i < len(runes) && !ends(runes[i]) {
			i++
		}
		return i
	}
	noName := func(r rune) bool { return !isNamed(r) }
	var tokens []token
	for i := 0; i < len(runes); {
		r, next, t := runes[i], at(i+1), token{at: i}
		end := i + 1
		switch {
		case unicode.IsSpace(r):
			i = end
			continue
		case r == '/' && next == '/':
			i = until(i, func(r rune) bool { return r == '\n' })
			continue
		case r == '/' && next == '*':
			for end = i + 2; at(end) != '*' || at(end+1) != '/'; end++ {
				if end >= len(runes) {
					return nil, failAt(i, "the comment does not end")
				}
			}
			i = end + 2
			continue
		case isDigit(r) || r == '.' && isDigit(next):
			t.kind, end = digits, endOfNumber(runes, i)
		case r == '"' || r == '\'' || r == '`':
			var f *failure
			if t.text, end, f = quoted(runes, i); f != nil {
				return nil, f
			}
			t.kind = text
		case r == '#':
			t.kind, end = element, until(end, noName)
		case isNamed(r):
			t.kind, end = word, until(end, noName)
		default:
			t.kind = symbol
			if slices.Contains(pairs, string(r)+string(next)) {
				end++
			}
		}
		switch t.kind {
		case element:
			t.text = string(runes[i+1 : end])
		case text:
		default:
			t.text = string(runes[i:end])
		}
		tokens = append(tokens, t)
		i = end
	}
	return append(tokens, token{kind: ending, at: len(runes)}), nil
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// isNamed says whether names are made of r.
func isNamed(r rune) bool {
	return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// endOfNumber returns where the number ends that begins at i. What is wrong with
// it shows when it is parsed.
func endOfNumber(runes []rune, i int) int {
	for from := i; i < len(runes); i++ {
		r := runes[i]
		switch {
		case r == '.':
			if i+1 < len(runes) && runes[i+1] == '.' {
				return i // a range
			}
		case r == '+' || r == '-':
			before := runes[i-1]
			if i == from || before != 'e' && before != 'E' || strings.HasPrefix(strings.ToLower(string(runes[from:i])), "0x") {
				return i
			}
		case !isNamed(r):
			return i
		}
	}
	return i
}

// quoted returns the text that begins at i with a quotation mark, and where that
// ends.
func quoted(runes []rune, i int) (string, int, *failure) {
	mark := runes[i]
	var made strings.Builder
	rest := string(runes[i+1:])
	for rest != "" {
		switch {
		case rest[0] == byte(mark):
			return made.String(), len(runes) - utf8.RuneCountInString(rest[1:]), nil
		case mark == '`':
			r, size := utf8.DecodeRuneInString(rest)
			made.WriteRune(r)
			rest = rest[size:]
		default:
			r, _, tail, err := strconv.UnquoteChar(rest, byte(mark))
			if err != nil || rest[0] == '\n' {
				return "", 0, failAt(i, "the text between quotation marks is not right")
			}
			made.WriteRune(r)
			rest = tail
		}
	}
	return "", 0, failAt(i, "the text between quotation marks does not end")
}
