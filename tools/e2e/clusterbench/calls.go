package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
)

// auditPolicy has the API server write down what two users ask for: the operator
// and the bare client. The answers to writes tell whether these changed anything;
// tokens are not among them.
const auditPolicy = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
omitManagedFields: true
rules:
- level: RequestResponse
  users: ["system:serviceaccount:scalerkit:scalerkit-operator", "system:serviceaccount:bench:bare"]
  verbs: [create, update, patch, delete]
  resources:
  - {group: apps}
  - {group: autoscaling}
  - {group: keda.sh}
- level: Metadata
  users: ["system:serviceaccount:scalerkit:scalerkit-operator", "system:serviceaccount:bench:bare"]
- level: None
`

// An audit is the log of what was asked of the API server.
type audit struct {
	path string
	read int64 // how much of it was counted already
	past int64 // the newest version that was in an answer so far
}

// auditFlags writes the policy into a directory and returns the flags with which
// the API server follows it.
func (a *audit) flags(dir string) (map[cluster.Component][]string, error) {
	policy := filepath.Join(dir, "audit-policy.yaml")
	a.path = filepath.Join(dir, "audit.log")
	return map[cluster.Component][]string{cluster.APIServer: {
		"--audit-policy-file=" + policy, "--audit-log-path=" + a.path,
		"--audit-log-maxsize=10000", // MB, after which it would begin another one
	}}, os.WriteFile(policy, []byte(auditPolicy), 0o600)
}

// An entry is what one line of the log says.
type entry struct {
	Verb      string
	ObjectRef struct{ Resource, Subresource string }

	ResponseStatus struct{ Code int }
	ResponseObject struct {
		Metadata struct{ ResourceVersion string }
	}
	RequestReceivedTimestamp, StageTimestamp time.Time
}

// A call is a verb on a resource.
type call struct{ verb, resource string }

// A tally is how often a call was made.
type tally struct {
	call
	made, failed, idle int       // idle: it changed nothing
	first, last        time.Time // when the first was received, and the last answered
}

// calls counts what was logged since the last time, the most frequent first. An
// answer that has an older version than one given before the call was made tells
// that the call changed nothing.
func (a *audit) calls() ([]tally, error) {
	file, err := os.Open(a.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.Size() < a.read {
		return nil, errors.Join(err, fmt.Errorf("%s has become shorter", a.path))
	}
	if _, err := file.Seek(a.read, io.SeekStart); err != nil {
		return nil, err
	}
	var entries []entry
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break // what is written later is counted next time
		}
		if err != nil {
			return nil, err
		}
		a.read += int64(len(line))
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("%s: %w", a.path, err)
		}
		entries = append(entries, e)
	}
	return a.tally(entries), nil
}

func (a *audit) tally(entries []entry) []tally {
	slices.SortFunc(entries, func(x, y entry) int { return x.StageTimestamp.Compare(y.StageTimestamp) })
	newest := make([]int64, len(entries)) // version in the answers up to each
	for i, e := range entries {
		a.past = max(a.past, e.version())
		newest[i] = a.past
	}
	counts := make(map[call]*tally)
	for _, e := range entries {
		c := call{e.Verb, e.ObjectRef.Resource}
		if e.ObjectRef.Subresource != "" {
			c.resource += "/" + e.ObjectRef.Subresource
		}
		t := counts[c]
		if t == nil {
			t = &tally{call: c, first: e.RequestReceivedTimestamp}
			counts[c] = t
		}
		t.made++
		t.last = e.StageTimestamp // they are in this order
		if e.RequestReceivedTimestamp.Before(t.first) {
			t.first = e.RequestReceivedTimestamp
		}
		before, _ := slices.BinarySearchFunc(entries, e.RequestReceivedTimestamp, func(x entry, at time.Time) int { return x.StageTimestamp.Compare(at) })
		switch v := e.version(); {
		case e.ResponseStatus.Code >= 400:
			t.failed++
		case e.Verb != "create" && e.Verb != "delete" && v > 0 && before > 0 && v <= newest[before-1]:
			t.idle++
		}
	}
	var list []tally
	for _, t := range counts {
		list = append(list, *t)
	}
	slices.SortFunc(list, func(x, y tally) int {
		return cmp.Or(cmp.Compare(y.made, x.made), cmp.Compare(x.resource, y.resource), cmp.Compare(x.verb, y.verb))
	})
	return list
}

// version returns the version in the answer, 0 if it was not logged.
func (e entry) version() int64 {
	v, err := strconv.ParseInt(e.ResponseObject.Metadata.ResourceVersion, 10, 64)
	if err != nil {
		return 0
	}
	return v
}
