package driver

import (
	"fmt"
	"net"
	"net/url"
	"reflect"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/hostport"
)

// formats has what a format tag may say, each with what is wrong with a text. It
// is not quoted: there may be a password in it.
var formats = map[string]func(text string) (problem string){
	"url": func(text string) string {
		if !isURL(text) {
			return "is not a URL: want http:// or https://, and a host"
		}
		return ""
	},
	"server": func(text string) string {
		if !isURL(text) || strings.ContainsAny(text, "?#") {
			return "is not the URL of a server: want http:// or https://, a host, and no parameters"
		}
		return ""
	},
	"address": hostport.Problem,
	"host": func(text string) string {
		if strings.ContainsAny(text, ":/@[]") && net.ParseIP(text) == nil {
			return "is not the name or the IP address of a host alone"
		}
		return ""
	},
	"port": func(text string) string {
		if !hostport.IsPort(text) {
			return "is no number from 1 to 65535"
		}
		return ""
	},
	"query": func(text string) string {
		if _, err := url.ParseQuery(text); err != nil {
			return `is not a query string such as "a=1&b=2"`
		}
		return ""
	},
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Hostname() != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// checkFormat says what is wrong with the value of v, of each element of a list.
func (f *field) checkFormat(v reflect.Value) (problem string) {
	check := formats[f.Format]
	switch value := v.Interface().(type) {
	case scalerkit.Secret:
		return check(value.Reveal())
	case []string:
		var problems []string
		for i, element := range value {
			problem := check(element)
			if problem != "" && len(value) > 1 {
				problem = fmt.Sprintf("number %d %s", i+1, problem)
			}
			if problem != "" {
				problems = append(problems, problem)
			}
		}
		return strings.Join(problems, "; ")
	}
	return check(v.String())
}
