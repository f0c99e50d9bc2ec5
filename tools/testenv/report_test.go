package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	for name, test := range map[string]struct {
		in, want string
		skipped  int
	}{
		"a package that passes says so": {
			in: `{"Action":"start","Package":"a"}
{"Action":"run","Package":"a","Test":"TestX"}
{"Action":"output","Package":"a","Test":"TestX","Output":"=== RUN   TestX\n"}
{"Action":"output","Package":"a","Test":"TestX","Output":"    x_test.go:1: chatter\n"}
{"Action":"pass","Package":"a","Test":"TestX","Elapsed":0}
{"Action":"output","Package":"a","Output":"PASS\n"}
{"Action":"output","Package":"a","Output":"ok  \ta\t0.1s\n"}
{"Action":"pass","Package":"a","Elapsed":0.1}
{"Action":"output","Package":"b","Output":"?   \tb\t[no test files]\n"}
{"Action":"skip","Package":"b","Elapsed":0}
`,
			want: "ok  \ta\t0.1s\n?   \tb\t[no test files]\n",
		},
		"a skipped test says why": {
			in: `{"Action":"output","Package":"a","Test":"TestX/sub","Output":"=== RUN   TestX/sub\n"}
{"Action":"output","Package":"a","Test":"TestX/sub","Output":"    x_test.go:1: no server:\n"}
{"Action":"output","Package":"a","Test":"TestX/sub","Output":"        run make test\n"}
{"Action":"output","Package":"a","Test":"TestX/sub","Output":"    --- SKIP: TestX/sub (0.00s)\n"}
{"Action":"skip","Package":"a","Test":"TestX/sub","Elapsed":0}
{"Action":"output","Package":"a","Output":"ok  \ta\t0.1s\n"}
{"Action":"pass","Package":"a","Elapsed":0.1}
`,
			want:    "skipped: a.TestX/sub: x_test.go:1: no server: run make test\nok  \ta\t0.1s\n",
			skipped: 1,
		},
		"a test that takes an account may be skipped, for want of it": {
			in: `{"Action":"output","Package":"github.com/scalerkit/scalerkit/scalers/azureservicebus","Test":"TestSuiteOnServer","Output":"    x_test.go:1: SCALERKIT_SERVICEBUS_CONNECTION is not set: so there\n"}
{"Action":"skip","Package":"github.com/scalerkit/scalerkit/scalers/azureservicebus","Test":"TestSuiteOnServer","Elapsed":0}
{"Action":"pass","Package":"github.com/scalerkit/scalerkit/scalers/azureservicebus","Elapsed":0.1}
`,
			want: "skipped, as it may be: github.com/scalerkit/scalerkit/scalers/azureservicebus.TestSuiteOnServer: x_test.go:1: SCALERKIT_SERVICEBUS_CONNECTION is not set: so there\n",
		},
		"but not for another reason": {
			in: `{"Action":"output","Package":"github.com/scalerkit/scalerkit/scalers/azureservicebus","Test":"TestSuiteOnServer","Output":"    x_test.go:1: no time\n"}
{"Action":"skip","Package":"github.com/scalerkit/scalerkit/scalers/azureservicebus","Test":"TestSuiteOnServer","Elapsed":0}
{"Action":"pass","Package":"github.com/scalerkit/scalerkit/scalers/azureservicebus","Elapsed":0.1}
`,
			want:    "skipped: github.com/scalerkit/scalerkit/scalers/azureservicebus.TestSuiteOnServer: x_test.go:1: no time\n",
			skipped: 1,
		},
		"a failure is shown, and what panicked with it": {
			in: `{"Action":"output","Package":"a","Test":"TestGood","Output":"--- PASS: TestGood (0.00s)\n"}
{"Action":"pass","Package":"a","Test":"TestGood","Elapsed":0}
{"Action":"output","Package":"a","Test":"TestBad","Output":"    x_test.go:1: got 1\n"}
{"Action":"output","Package":"a","Test":"TestBad","Output":"--- FAIL: TestBad (0.00s)\n"}
{"Action":"fail","Package":"a","Test":"TestBad","Elapsed":0}
{"Action":"output","Package":"a","Test":"TestPanic","Output":"panic: oh\n"}
{"Action":"output","Package":"a","Output":"FAIL\ta\t0.1s\n"}
{"Action":"fail","Package":"a","Elapsed":0.1}
`,
			want: "    x_test.go:1: got 1\n--- FAIL: TestBad (0.00s)\npanic: oh\nFAIL\ta\t0.1s\n",
		},
		"the words of the go command and of builds are passed on": {
			in: `go: downloading example.com v1
{"ImportPath":"a","Action":"build-output","Output":"x.go:1:1: expected 'package'\n"}
{"ImportPath":"a","Action":"build-fail"}
{"Action":"output","Package":"a","Output":"FAIL\ta [build failed]\n"}
{"Action":"fail","Package":"a","Elapsed":0,"FailedBuild":"a"}
`,
			want: "go: downloading example.com v1\nx.go:1:1: expected 'package'\nFAIL\ta [build failed]\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			r := newReport(&out)
			if err := r.read(strings.NewReader(test.in)); err != nil {
				t.Fatal(err)
			}
			if out.String() != test.want || r.skipped != test.skipped {
				t.Errorf("%d skipped and\n%s\nwant %d and\n%s", r.skipped, &out, test.skipped, test.want)
			}
		})
	}
}
