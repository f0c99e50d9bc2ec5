package seleniumgrid_test

import (
	"encoding/json"
	"net/http"
	"path"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
	"github.com/scalerkit/scalerkit/scalers/seleniumgrid"
)

type values = map[string]string

// A node is one in an answer.
type node struct {
	Status                   string
	SessionCount, MaxSession int
	Stereotypes              string
	Sessions                 []session
}

type session struct {
	Slot struct{ Stereotype string }
}

// state is the answer of a Grid with those nodes and waiting requests.
func state(nodes []node, requests ...string) string {
	type list = map[string]any
	data, err := json.Marshal(list{"data": list{"nodesInfo": list{"nodes": nodes}, "sessionsInfo": list{"sessionQueueRequests": requests}}})
	if err != nil {
		panic(err)
	}
	return string(data)
}

func TestSuiteOnFake(t *testing.T) {
	has := func(value string) func(*http.Request, string) bool {
		return func(r *http.Request, secret string) bool { return r.Header.Get("Authorization") == value+secret }
	}
	httpkit.Kit{
		Driver: seleniumgrid.Driver(),
		New:    scalertest.Typed(seleniumgrid.New),
		Spec: func(server, thing string) scalerkit.Spec {
			return scalerkit.Spec{Type: "selenium-grid", Name: "orders", Metadata: values{"url": server + "/" + thing, "browserName": "chrome"}}
		},
		Thing: func(r *http.Request) string { return path.Base(r.URL.Path) },
		Body: func(level float64) string {
			requests := make([]string, int(level))
			for i := range requests {
				requests[i] = `{"browserName":"chrome"}`
			}
			return state(nil, requests...)
		},
		Levels:        []float64{0, 3, 120},
		ActivationKey: "activationThreshold",
		Logins: []httpkit.Login{
			{
				Name: "basic", Auth: func(secret string) map[string]string {
					return values{"username": "user", "password": secret}
				},
				Accepts: func(r *http.Request, secret string) bool {
					user, password, _ := r.BasicAuth()
					return user == "user" && password == secret
				},
			},
			{
				Name: "token", Accepts: has("Bearer "), Auth: func(secret string) map[string]string {
					return values{"authType": "Bearer", "accessToken": secret}
				},
			},
			{
				Name: "token without a scheme", Accepts: has(""), Auth: func(secret string) map[string]string {
					return values{"accessToken": secret}
				},
			},
		},
	}.Run(t)
}
