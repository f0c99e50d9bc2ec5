package activemq

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/scalerkit/scalerkit/driver"
)

// A template is a URL with placeholders.
type template struct {
	field    *string // of the Config with the text; fallback takes its place if it is empty
	fallback string
	endpoint placeholder
	names    []placeholder

	queue    *string        // the field with the queue's name
	queueKey *regexp.Regexp // finds it in a path that has it in its own words
	origin   string
}

// A placeholder stands for a field, written in the way of its place.
type placeholder struct {
	text  string
	field *string
	write func(string) string
}

// parse returns the question that the template and what is given come to.
func (t template) parse(p *driver.Problems) question {
	text, why := *t.field, p.Name(t.field)+" has a place for it"
	if text == "" {
		text, why = t.fallback, "without "+p.Name(t.field)
	}
	queue := ""
	for _, h := range append(t.names, t.endpoint) {
		if !strings.Contains(text, h.text) {
			continue
		}
		p.Require(h.field, "%s, it has to be given", why)
		text = strings.ReplaceAll(text, h.text, h.write(*h.field))
		if h.field == t.queue {
			queue = *h.field
		}
	}
	if strings.ContainsAny(*t.endpoint.field, "/?#@ ") { // it is not quoted: it may have credentials
		p.Add(t.endpoint.field, "is not host:port, such as activemq.shop.svc:8161")
	}
	u, err := url.Parse(text)
	switch {
	case !p.Valid(t.endpoint.field):
		return question{}
	case *t.field == "" && err != nil:
		p.Add(t.endpoint.field, "is not host:port, such as activemq.shop.svc:8161")
		return question{}
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		p.Add(t.field, "is not a URL over http or https")
		return question{}
	case u.User != nil:
		p.Add(t.field, "has credentials in it, which are for the parameters username and password")
		return question{}
	}
	if found := t.queueKey.FindStringSubmatch(u.Path); queue == "" && found != nil {
		queue = found[1]
	}
	if queue == "" && p.Valid(t.queue) {
		p.Add(t.field, "does not name a queue, as in %s", t.fallback)
	}
	q := question{server: u.Scheme + "://" + u.Host, url: u.String(), origin: t.origin, queue: queue}
	if q.origin == "" {
		q.origin = "http://" + u.Host
	}
	return q
}

func verbatim(s string) string { return s }

// classicName writes a name as the classic broker has it in JMX.
func classicName(s string) string { return inPath(classicNames.Replace(s)) }

var classicNames = strings.NewReplacer(":", "_", ",", "_", "'", "_", `"`, "_", "?", "&qe;", "=", "&amp;", "*", "&ast;")

// artemisName writes a name as it is between quotes in JMX.
func artemisName(s string) string { return inPath(quoted.Replace(s)) }

var quoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "?", `\?`, "*", `\*`)

// inPath writes a part of a path for Jolokia, which has ! before what would end
// the part.
func inPath(s string) string {
	return strings.ReplaceAll(url.PathEscape(jolokia.Replace(s)), "%2F", "/")
}

var jolokia = strings.NewReplacer("!", "!!", "/", "!/", `"`, `!"`)
