package sharding

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
)

// policy has the API server write down what the replicas write, and of Leases what
// they write there.
const policy = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Request
  userGroups: ["system:serviceaccounts:scalerkit"]
  verbs: [create, update, patch, delete]
  resources: [{group: coordination.k8s.io}]
- level: Metadata
  userGroups: ["system:serviceaccounts:scalerkit"]
  verbs: [create, update, patch, delete]
- level: None
`

// audited returns flags for an API server that writes an audit log into a directory.
func audited(dir string) (map[cluster.Component][]string, error) {
	file := filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		return nil, err
	}
	return map[cluster.Component][]string{cluster.APIServer: {
		"--audit-policy-file=" + file, "--audit-log-path=" + filepath.Join(dir, "audit.log"), "--audit-log-mode=blocking-strict",
		"--audit-log-maxsize=10000", // MB, after which it would begin another one
	}}, nil
}

// A request is what the audit log has of one.
type request struct {
	Verb           string
	ObjectRef      struct{ Resource, Subresource, Namespace, Name string }
	ResponseStatus struct{ Code int }
	User           struct{ Extra map[string][]string }
	RequestObject  struct {
		Spec struct{ HolderIdentity string }
	}
	RequestReceivedTimestamp, StageTimestamp time.Time
}

// by returns the token with which the request was made: each replica has its own.
func (r *request) by() string {
	return strings.Join(r.User.Extra["authentication.kubernetes.io/credential-id"], " ")
}

// readAudit returns all requests that have changed something, in the order in which
// they came.
func readAudit(t *testing.T) (list []*request) {
	t.Helper()
	file, err := os.Open(filepath.Join(auditDir, "audit.log"))
	require.NoError(t, err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		r := &request{}
		require.NoError(t, json.Unmarshal(lines.Bytes(), r))
		require.NotEmpty(t, r.by())
		if r.ResponseStatus.Code < 300 {
			list = append(list, r)
		}
	}
	require.NoError(t, lines.Err())
	slices.SortStableFunc(list, func(a, b *request) int { return a.RequestReceivedTimestamp.Compare(b.RequestReceivedTimestamp) })
	return list
}

// lastScaled returns when the last workload was told its replicas.
func (w *workers) lastScaled(t *testing.T) (last time.Time) {
	t.Helper()
	for _, r := range readAudit(t) {
		if r.ObjectRef.Namespace == w.namespace && r.ObjectRef.Subresource == "scale" && r.StageTimestamp.After(last) {
			last = r.StageTimestamp
		}
	}
	return last
}

// requireOneWriter checks that of all that was written for an object of a namespace
// each part is by one replica, and that another which wrote next had taken a shard
// after the last of these writes had ended.
func requireOneWriter(t *testing.T, namespace string) {
	t.Helper()
	all := readAudit(t)
	taken := make(map[string][]time.Time) // when, by the replica
	written := make(map[string][]*request)
	for _, r := range all {
		o := r.ObjectRef
		switch {
		case o.Resource == "leases" && strings.Contains(o.Name, "-shard-") && r.RequestObject.Spec.HolderIdentity != "":
			taken[r.by()] = append(taken[r.by()], r.RequestReceivedTimestamp)
		case o.Namespace == namespace && o.Resource != "events":
			written[o.Resource+" "+o.Name] = append(written[o.Resource+" "+o.Name], r)
		}
	}
	require.NotEmpty(t, written)
	moves, writes := 0, 0
	for object, list := range written {
		writes += len(list)
		for i := 1; i < len(list); i++ {
			before, next := list[i-1], list[i]
			if before.by() == next.by() {
				continue
			}
			moves++
			inBetween := slices.ContainsFunc(taken[next.by()], func(at time.Time) bool {
				return !at.Before(before.StageTimestamp) && !at.After(next.RequestReceivedTimestamp)
			})
			if !inBetween {
				t.Errorf("%s: %s wrote until %v, and %s at %v without having taken its shard since", object,
					before.by(), before.StageTimestamp, next.by(), next.RequestReceivedTimestamp)
			}
		}
	}
	require.NotZero(t, moves, "no object has moved")
	t.Logf("%d writes for %d objects, which moved %d times", writes, len(written), moves)
}
