package githubrunner_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/githubrunner"
)

func Example() {
	github := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.FormValue("status") == "queued":
			_, _ = io.WriteString(w, `{"total_count":1,"workflow_runs":[{"id":7}]}`)
		case strings.HasSuffix(r.URL.Path, "/runs/7/jobs"):
			_, _ = io.WriteString(w, `{"total_count":2,"jobs":[
				{"id":8,"status":"queued","labels":["self-hosted","gpu"]},
				{"id":9,"status":"queued","labels":["self-hosted","windows"]}]}`)
		default:
			_, _ = io.WriteString(w, `{"total_count":0,"workflow_runs":[]}`)
		}
	}))
	defer github.Close()

	runners, err := githubrunner.New(githubrunner.Config{
		Server: githubrunner.Server{URL: github.URL, Token: scalerkit.NewSecret("secret")},
		Owner:  "shop",
		Scope:  "repo",
		Repos:  []string{"orders"},
		Labels: []string{"gpu"},
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer runners.Close()

	reading, err := runners.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the jobs are not known
		return
	}
	fmt.Println(runners.Metric().Name, reading.Value, reading.IsActive(runners.Metric()))
	// Output: github-runner-shop 1 true
}
