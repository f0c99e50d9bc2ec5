package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A report turns the output of "go test -json" back into that of "go test",
// and says of each skipped test why it was.
type report struct {
	out      io.Writer
	packages map[string]*packageTests
	skipped  int
}

// packageTests are the tests of a package, in the order in which they began.
// The one without a name is the package itself.
type packageTests struct {
	tests  []*test
	byName map[string]*test
}

type test struct {
	name   string
	ended  string // how: pass, fail or skip
	output []string
}

// An event is a line of "go test -json"; see "go doc test2json".
type event struct {
	Action, Package, Test, Output string
}

func newReport(out io.Writer) *report {
	return &report{out: out, packages: map[string]*packageTests{}}
}

func (r *report) read(in io.Reader) error {
	for lines := bufio.NewReader(in); ; {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			r.line(line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) line(line []byte) {
	var e event
	if !bytes.HasPrefix(line, []byte("{")) || json.Unmarshal(line, &e) != nil {
		fmt.Fprintf(r.out, "%s", line) // the go command's own words
		return
	}
	if e.Package == "" { // a build's
		fmt.Fprint(r.out, e.Output)
		return
	}
	p := r.packages[e.Package]
	if p == nil {
		p = &packageTests{byName: map[string]*test{}}
		r.packages[e.Package] = p
	}
	t := p.byName[e.Test]
	if t == nil {
		t = &test{name: e.Test}
		p.byName[e.Test] = t
		p.tests = append(p.tests, t)
	}
	switch e.Action {
	case "output":
		if !strings.HasPrefix(e.Output, "=== ") {
			t.output = append(t.output, e.Output)
		}
	case "pass", "fail", "skip":
		if t.ended = e.Action; e.Test == "" {
			r.end(e.Package, p)
		} else if t.ended == "pass" {
			t.output = nil
		}
	}
}

// end prints what there is to say of a package.
func (r *report) end(name string, p *packageTests) {
	delete(r.packages, name)
	whole := p.byName[""]
	for _, t := range p.tests {
		switch {
		case t == whole || t.ended == "pass":
		case t.ended == "skip":
			if why := reason(t.output); mayBeSkipped(name+"."+t.name, why) {
				fmt.Fprintf(r.out, "skipped, as it may be: %s.%s: %s\n", name, t.name, why)
			} else {
				r.skipped++
				fmt.Fprintf(r.out, "skipped: %s.%s: %s\n", name, t.name, why)
			}
		default: // it failed, or was under way when the package did
			fmt.Fprint(r.out, strings.Join(t.output, ""))
		}
	}
	for _, line := range whole.output {
		if whole.ended == "fail" || strings.HasPrefix(line, "ok ") || strings.HasPrefix(line, "? ") {
			fmt.Fprint(r.out, line)
		}
	}
}

// reason returns what a test said before it skipped itself, in one line.
func reason(output []string) string {
	var words []string
	for _, line := range output {
		if !strings.HasPrefix(strings.TrimSpace(line), "--- SKIP:") {
			words = append(words, strings.Fields(line)...)
		}
	}
	return strings.Join(words, " ")
}
