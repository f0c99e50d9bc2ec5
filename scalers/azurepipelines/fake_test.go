package azurepipelines_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
)

type values = map[string]string

// pat is a personal access token that the fake knows.
const pat = "pat-of-shop"

// An object is one of JSON.
type object = map[string]any

// A fake is an organization, /shop, with agent pools. It answers as Azure DevOps.
type fake struct {
	*azuretest.Server
	names []string   // of the pools, whose ids count from 1
	jobs  [][]object // by pool
	pat   string
	urls  []string // that were asked for since they were cleared
}

func newFake(tb testing.TB) *fake {
	f := &fake{pat: pat}
	f.Server = azuretest.NewServer(tb, f.serve)
	return f
}

// set makes a pool have these jobs.
func (f *fake) set(pool string, jobs ...object) {
	f.Do(func() {
		i := slices.Index(f.names, pool)
		if i < 0 {
			i = len(f.names)
			f.names, f.jobs = append(f.names, pool), append(f.jobs, nil)
		}
		f.jobs[i] = jobs
	})
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	f.urls = append(f.urls, r.URL.RequestURI())
	user, password, isBasic := r.BasicAuth()
	rest, isPool := strings.CutPrefix(r.URL.Path, "/shop/_apis/distributedtask/pools")
	query := r.URL.Query()
	id, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(rest, "/"), "/jobrequests"))
	switch {
	case !f.HasToken(r) && (!isBasic || user != "" || password != f.pat):
		if r.Header.Get("X-TFS-FedAuthRedirect") != "Suppress" {
			http.Redirect(w, r, "https://app.vssps.visualstudio.com/_signin", http.StatusFound)
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
	case isPool && rest == "":
		pools := []object{}
		for i, name := range f.names {
			if name == query.Get("poolName") {
				pools = append(pools, object{"id": i + 1, "name": name, "size": 1})
			}
		}
		reply(w, http.StatusOK, object{"count": len(pools), "value": pools})
	case !strings.HasSuffix(rest, "/jobrequests") || id < 1 || id > len(f.names) || f.names[id-1] == "":
		reply(w, http.StatusNotFound, object{"message": "No agent pool found with identifier " + strconv.Itoa(id) + ".", "typeKey": "TaskAgentPoolNotFoundException"})
	default:
		reply(w, http.StatusOK, object{"count": len(f.jobs[id-1]), "value": answer(f.jobs[id-1], query)})
	}
}

// answer returns the jobs that a query asks for, as the service has them: $top comes
// first, and has matched agents left out.
func answer(jobs []object, query map[string][]string) []object {
	all := []object{}
	top := query["$top"]
	for _, j := range jobs {
		switch _, finished := j["result"]; {
		case top != nil && strconv.Itoa(len(all)) == top[0]:
			return all
		case top != nil:
			copied := object{}
			for key, value := range j {
				if key != "matchedAgents" {
					copied[key] = value
				}
			}
			all = append(all, copied)
		case !finished || query["completedRequestCount"] == nil:
			all = append(all, j)
		}
	}
	return all
}

func reply(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // who does not listen gets no answer
}

// waiting is a job that waits, and running one that an agent works on.
func waiting(demands ...string) object {
	return object{"requestId": 1, "queueTime": "2026-11-28T10:00:00Z", "demands": append([]string{"Agent.Version -gtVersion 2.182.1"}, demands...)}
}

func running(demands ...string) object {
	j := waiting(demands...)
	j["receiveTime"] = "2026-11-28T10:01:00Z"
	return j
}

func finished() object {
	j := running()
	j["result"] = "succeeded"
	return j
}

func matching(agents ...string) object {
	j := waiting("anything")
	var matched []object
	for _, name := range agents {
		matched = append(matched, object{"name": name})
	}
	j["matchedAgents"] = matched
	return j
}
