// Package inplace changes values in a YAML document where they stand, so that comments,
// order and layout of everything else stay as they are.
package inplace

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/scalerkit/scalerkit/autoscale"
)

// A Change puts a value in the place of another, or where there is none.
type Change struct {
	Key   string // what errors call it
	Path  []any  // keys of mappings, which are strings, and indexes of lists
	Value any    // a string, an int or a []autoscale.Limit
}

// ErrWritten means that a document has an alias, an anchor or a layout with which a value
// cannot be changed in place, or that there is no such index in a list.
var ErrWritten = errors.New("it is written in a way that cannot be changed in place")

// An editor has a document as far as it is changed.
type editor struct {
	text []byte
	root *yaml.Node // of text
}

// Edit returns a document with changes; its lines end in \n. If a change cannot be made,
// the error has its key and wraps [ErrWritten].
func Edit(document []byte, changes []Change) ([]byte, error) {
	text := bytes.ReplaceAll(document, []byte("\r\n"), []byte("\n"))
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, func(a, b Change) int { // each goes before what is there
		if len(a.Path) < 6 || len(b.Path) < 6 {
			return len(a.Path) - len(b.Path)
		}
		return strings.Compare(fmt.Sprint(a.Path), fmt.Sprint(b.Path))
	})
	for _, c := range changes {
		var node yaml.Node
		if err := yaml.Unmarshal(text, &node); err != nil {
			return nil, err
		}
		if len(node.Content) != 1 {
			return nil, errors.New("the document is empty")
		}
		e := editor{text, node.Content[0]}
		if err := e.put(c.Path, c.Value); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Key, err)
		}
		text = e.text
	}
	return text, nil
}

var separator = regexp.MustCompile(`(?m)^---([ \t].*)?$`)

// ScaledObject returns the first document of a file that is a ScaledObject.
func ScaledObject(file []byte) ([]byte, error) {
	for _, document := range separator.Split(string(file), -1) {
		var is struct{ Kind string }
		if yaml.Unmarshal([]byte(document), &is) == nil && is.Kind == "ScaledObject" {
			return []byte(strings.Trim(document, "\n") + "\n"), nil
		}
	}
	return nil, errors.New("no document of the file is a ScaledObject by itself")
}

// put puts a value to a path: keys of mappings, and indexes of lists.
func (e *editor) put(path []any, value any) error {
	at := e.root
	for i, step := range path {
		key, next := child(at, step)
		switch {
		case next == nil && at.Kind == yaml.MappingNode:
			return e.insert(at, path[i:], value)
		case next == nil || next.Kind == yaml.AliasNode || next.Anchor != "":
			return ErrWritten
		case i == len(path)-1:
			return e.replace(at, key, next, value)
		}
		at = next
	}
	return ErrWritten
}

func child(of *yaml.Node, step any) (key, value *yaml.Node) {
	switch step := step.(type) {
	case string:
		for i := 0; of.Kind == yaml.MappingNode && i < len(of.Content); i += 2 {
			if of.Content[i].Value == step {
				return of.Content[i], of.Content[i+1]
			}
		}
	case int:
		if of.Kind == yaml.SequenceNode && step < len(of.Content) {
			return nil, of.Content[step]
		}
	}
	return nil, nil
}

// offset is where a node begins in the text.
func (e *editor) offset(n *yaml.Node) int { return e.line(n.Line) + n.Column - 1 }

// line is where a line begins in the text, counted from 1.
func (e *editor) line(number int) int {
	at := 0
	for range number - 1 {
		next := bytes.IndexByte(e.text[at:], '\n')
		if next < 0 {
			return len(e.text)
		}
		at += next + 1
	}
	return at
}

func (e *editor) splice(from, to int, text string) {
	e.text = slices.Concat(e.text[:from], []byte(text), e.text[to:])
}

// replace puts a value in the place of another.
func (e *editor) replace(parent, key, old *yaml.Node, value any) error {
	if _, ok := value.([]autoscale.Limit); ok && old.Kind == yaml.SequenceNode && old.Style&yaml.FlowStyle == 0 && parent.Style&yaml.FlowStyle == 0 {
		begin := e.line(key.Line)
		if strings.TrimSpace(string(e.text[begin:e.offset(key)])) != "" {
			return ErrWritten
		}
		e.splice(begin, e.line(last(old)+1), block([]any{key.Value}, value, key.Column-1))
		return nil
	}
	from := e.offset(old)
	length := e.length(old, from)
	if length <= 0 {
		return ErrWritten
	}
	e.splice(from, from+length, e.flow(value))
	return nil
}

// last is the last line that a node takes.
func last(n *yaml.Node) int {
	line := n.Line
	for _, c := range n.Content {
		line = max(line, last(c))
	}
	return line
}

// length is how long a node is that stands on one line or has brackets, 0 if that is
// not known.
func (e *editor) length(n *yaml.Node, from int) int {
	rest := e.text[from:]
	switch {
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		return quoted(rest)
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0 && bytes.HasPrefix(rest, []byte(n.Value)):
		return len(n.Value)
	case n.Kind == yaml.ScalarNode || n.Style&yaml.FlowStyle == 0:
		return 0
	}
	depth := 0
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"', '\'':
			i += max(quoted(rest[i:])-1, 0)
		case '#':
			return 0 // a comment, in which there may be anything
		}
	}
	return 0
}

// quoted is how long a text in quotes is, 0 if it does not end.
func quoted(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch {
		case text[0] == '"' && text[i] == '\\':
			i++
		case text[i] != text[0]:
		case text[0] == '\'' && i+1 < len(text) && text[i+1] == '\'':
			i++
		default:
			return i + 1
		}
	}
	return 0
}

// insert puts keys into a mapping that does not have the first of them. In the spec
// they come before the triggers, elsewhere before the first key.
func (e *editor) insert(into *yaml.Node, path []any, value any) error {
	if into.Style&yaml.FlowStyle != 0 {
		text := e.nested(path, value)
		if len(into.Content) > 0 {
			text += ", "
		}
		begin := e.offset(into) + 1
		e.splice(begin, begin, text)
		return nil
	}
	before := into.Content[0]
	if key, _ := child(into, "triggers"); key != nil {
		before = key
	}
	begin := e.line(before.Line)
	if strings.TrimSpace(string(e.text[begin:e.offset(before)])) != "" {
		return ErrWritten
	}
	for line := before.Line - 1; line > 0; line-- { // its comments stay with the key
		start := e.line(line)
		if !bytes.HasPrefix(bytes.TrimSpace(e.text[start:begin]), []byte("#")) {
			break
		}
		begin = start
	}
	e.splice(begin, begin, block(path, value, before.Column-1))
	return nil
}

// block writes keys, each below the one before, and the value.
func block(path []any, value any, indent int) string {
	var b strings.Builder
	for i, key := range path {
		fmt.Fprintf(&b, "%s%s:", strings.Repeat(" ", indent+2*i), key)
		if i < len(path)-1 {
			b.WriteString("\n")
		}
	}
	limits, ok := value.([]autoscale.Limit)
	if !ok {
		return b.String() + " " + scalar(value) + "\n"
	}
	b.WriteString("\n")
	for _, l := range limits {
		at := strings.Repeat(" ", indent+2*len(path))
		fmt.Fprintf(&b, "%s- type: %s\n%s  value: %d\n%s  periodSeconds: %d\n", at, l.Kind, at, l.Value, at, int(l.Period.Seconds()))
	}
	return b.String()
}

// nested writes keys and a value in braces.
func (e *editor) nested(path []any, value any) string {
	text := e.key(path[0]) + ": "
	if len(path) == 1 {
		return text + e.flow(value)
	}
	return text + "{" + e.nested(path[1:], value) + "}"
}

// flow writes a value on one line.
func (e *editor) flow(value any) string {
	limits, ok := value.([]autoscale.Limit)
	if !ok {
		return scalar(value)
	}
	var list []string
	for _, l := range limits {
		list = append(list, fmt.Sprintf("{%s: %s, %s: %d, %s: %d}",
			e.key("type"), e.key(string(l.Kind)), e.key("value"), l.Value, e.key("periodSeconds"), int(l.Period.Seconds())))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// key writes a word: in quotes if the document is JSON.
func (e *editor) key(word any) string {
	if bytes.HasPrefix(bytes.TrimSpace(e.text), []byte("{")) {
		return strconv.Quote(fmt.Sprint(word))
	}
	return fmt.Sprint(word)
}

func scalar(value any) string {
	if text, ok := value.(string); ok {
		return strconv.Quote(text)
	}
	return fmt.Sprint(value)
}
