package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/record/promrange"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// A prometheus is what the flags say of the monitoring system that has the past.
type prometheus struct {
	from  []string // one address, or files with saved answers
	query string   // for what arrived; "" for what KEDA told
	where map[string]string

	since, until string
	every        time.Duration
	timeout      time.Duration

	user, passwordFile, tokenFile, caFile string
	headers                               []string
}

// Where credentials are that should not be on the command line.
const (
	passwordVariable = "PROMETHEUS_PASSWORD"
	tokenVariable    = "PROMETHEUS_TOKEN"
)

// Flags that only an address needs, and those that both it and saved answers do.
var (
	addressFlags    = []string{"query", "since", "until", "every", "timeout", "user", "password-file", "token-file", "ca-file", "header"}
	prometheusFlags = append([]string{"where"}, addressFlags...)
)

func (p *prometheus) flags(f *flag.FlagSet) {
	several := func(to *[]string) func(string) error {
		return func(text string) error {
			*to = append(*to, text)
			return nil
		}
	}
	f.Func("prometheus", "`address` of a Prometheus, or of what has its API, with KEDA's metrics and those of kube-state-metrics;\nor a file with an answer of its /api/v1/query_range, of which there may be several", several(&p.from))
	f.StringVar(&p.query, "query", "", "`PromQL` for the messages that arrived in each step, instead of what KEDA told, as\n-query 'sum(increase(messages_total[5m]))' -every 5m")
	f.StringVar(&p.since, "since", "7d", "begin so `long` ago, or at a time such as 2026-01-31T12:00:00Z")
	f.StringVar(&p.until, "until", "0s", "end so `long` ago, or at a time")
	f.DurationVar(&p.every, "every", 30*time.Second, "step in which a Prometheus is asked")
	p.where = make(map[string]string)
	f.Func("where", "`label=value` that all series have, as cluster=east, where one Prometheus has several clusters;\nmay be given several times", func(text string) error {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return errors.New("want a label, =, and its value")
		}
		p.where[name] = value
		return nil
	})
	f.StringVar(&p.user, "user", "", "`name` for basic authentication at a Prometheus; the password is in -password-file or $"+passwordVariable)
	f.StringVar(&p.passwordFile, "password-file", "", "`file` with the password of -user")
	f.StringVar(&p.tokenFile, "token-file", "", "`file` with a bearer token for a Prometheus, which may be in $"+tokenVariable+" as well")
	f.StringVar(&p.caFile, "ca-file", "", "`file` with certificates in PEM, to trust besides the system's")
	f.Func("header", "`name=value` of a header for a Prometheus, as X-Scope-OrgID=tenant; may be given several times", several(&p.headers))
	f.DurationVar(&p.timeout, "timeout", 30*time.Second, "how long an answer of a Prometheus may take")
}

// asked says that there is one.
func (p *prometheus) asked() bool { return len(p.from) > 0 }

// address returns that of -prometheus, and nil if that is a file.
func (p *prometheus) address() *url.URL {
	if u, err := url.Parse(p.from[0]); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return u
	}
	return nil
}

// check returns what is wrong with the flags.
func (p *prometheus) check(given map[string]bool) error {
	if !p.asked() {
		for _, name := range prometheusFlags {
			if given[name] {
				return fmt.Errorf("-%s is for -prometheus", name)
			}
		}
		return nil
	}
	address := p.address()
	for _, from := range p.from[1:] {
		other := prometheus{from: []string{from}}
		if address != nil || other.address() != nil {
			return errors.New("-prometheus takes one address, or files")
		}
	}
	for _, name := range addressFlags {
		if address == nil && given[name] {
			return fmt.Errorf("-%s is for an address, and -prometheus %s is none: a saved answer has been asked for already", name, p.from[0])
		}
	}
	for _, h := range p.headers {
		if name, _, ok := strings.Cut(h, "="); !ok || name == "" {
			return errors.New("-header: want a name, =, and a value")
		}
	}
	var basic bool
	if address != nil {
		basic = address.User != nil
	}
	switch {
	case p.user != "" && (p.tokenFile != "" || basic), p.tokenFile != "" && basic:
		return errors.New("-user, -token-file and a name in the address are ways to authenticate: choose one")
	case p.passwordFile != "" && p.user == "":
		return errors.New("-password-file needs a -user")
	}
	return cmp.Or(between("-every", p.every, time.Second, 24*time.Hour), between("-timeout", p.timeout, time.Second, time.Hour), p.checkQuery())
}

// inIncrease is the time over which a query counts.
var inIncrease = regexp.MustCompile(`\bincrease\s*\([^\[\]]*\[\s*([^\]:]+?)\s*\]`)

// checkQuery finds a query that counts messages several times, or leaves some out.
func (p *prometheus) checkQuery() error {
	for _, match := range inIncrease.FindAllStringSubmatch(p.query, -1) {
		if over, err := duration(match[1]); err == nil && over != p.every {
			return fmt.Errorf("-query counts what arrived in [%s], every %v: let -every be the same", match[1], p.every)
		}
	}
	return nil
}

// window returns the times that are asked about, as whole steps.
func (p *prometheus) window(now time.Time) (promrange.Window, error) {
	from, err := timeOf("-since", p.since, now)
	to, err2 := timeOf("-until", p.until, now)
	if err = errors.Join(err, err2); err != nil {
		return promrange.Window{}, err
	}
	if !from.Before(to) {
		return promrange.Window{}, fmt.Errorf("-since %s is not before -until %s", p.since, p.until)
	}
	return promrange.Window{From: from.Truncate(p.every).UTC(), To: to.UTC(), Step: p.every}, nil
}

func timeOf(name, text string, now time.Time) (time.Time, error) {
	if ago, err := duration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return now, fmt.Errorf("%s %q: want how long ago, as 7d or 12h, or a time, as 2026-01-31T12:00:00Z", name, text)
}

var daysAndMore = regexp.MustCompile(`^(?:(\d{1,4})w)?(?:(\d{1,5})d)?(.*)$`)

// duration reads a duration that may have weeks and days, as those of PromQL.
func duration(text string) (time.Duration, error) {
	parts := daysAndMore.FindStringSubmatch(text)
	rest, err := time.Duration(0), error(nil)
	if parts[3] != "" || parts[1]+parts[2] == "" {
		rest, err = time.ParseDuration(parts[3])
	}
	weeks, _ := strconv.Atoi(parts[1]) // "" is none
	days, _ := strconv.Atoi(parts[2])
	return time.Duration(7*weeks+days)*24*time.Hour + rest, err
}

// server returns whom to ask, and how. Secrets are in files and the environment.
func (p *prometheus) server() (promrange.Server, error) {
	address := p.address()
	s := promrange.Server{Header: make(http.Header), Access: httpsource.Access{Timeout: p.timeout}}
	for _, h := range p.headers {
		name, value, _ := strings.Cut(h, "=")
		s.Header.Add(name, value)
	}
	if p.caFile != "" {
		ca, err := os.ReadFile(p.caFile)
		if err != nil {
			return s, fmt.Errorf("-ca-file: %w", err)
		}
		s.Access.TLS = driver.TLS{CA: string(ca)}
	}
	switch {
	case address.User != nil:
		password, _ := address.User.Password()
		s.Access.Modes = []string{httpsource.ModeBasic}
		s.Access.Username, s.Access.Password = address.User.Username(), scalerkit.NewSecret(password)
		address.User = nil
	case p.user != "":
		password, err := secret("-password-file", p.passwordFile, passwordVariable)
		if err == nil && !password.IsSet() {
			err = fmt.Errorf("-user needs a password, in -password-file or $%s", passwordVariable)
		}
		if err != nil {
			return s, err
		}
		s.Access.Modes, s.Access.Username, s.Access.Password = []string{httpsource.ModeBasic}, p.user, password
	default:
		token, err := secret("-token-file", p.tokenFile, tokenVariable)
		if err != nil {
			return s, err
		}
		if token.IsSet() {
			s.Access.Modes, s.Access.BearerToken = []string{httpsource.ModeBearer}, token
		}
	}
	s.URL = address.String()
	return s, nil
}

// secret reads what is in a file, or in a variable of the environment.
func secret(name, file, variable string) (scalerkit.Secret, error) {
	text := os.Getenv(variable)
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return scalerkit.Secret{}, fmt.Errorf("%s: %w", name, err)
		}
		if text = string(data); strings.TrimSpace(text) == "" {
			return scalerkit.Secret{}, fmt.Errorf("%s %s: it is empty", name, file)
		}
	}
	return scalerkit.NewSecret(strings.TrimSpace(text)), nil
}
