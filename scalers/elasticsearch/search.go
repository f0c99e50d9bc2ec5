package elasticsearch

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/locate"
	"github.com/scalerkit/scalerkit/internal/line"
	"github.com/scalerkit/scalerkit/internal/signed"
)

// Search is what is asked, and what is made of the answer.
type Search struct {
	Index            []string `scaler:"index,required" from:"auth,metadata" sep:";" doc:"indices to search, names or patterns, separated by ;"`
	Template         string   `scaler:"searchTemplateName" from:"auth,metadata" doc:"name of a search template, in place of a query"`
	Query            string   `scaler:"query" from:"auth,metadata" doc:"body of the request, as JSON, in place of a search template"`
	Parameters       []string `scaler:"parameters" sep:";" doc:"parameters of the search template, name:value, separated by ;"`
	ValueLocation    string   `scaler:"valueLocation,required" from:"auth,metadata" doc:"where the number is in the answer: a GJSON path"`
	Target           float64  `scaler:"targetValue,target" from:"auth,metadata" above:"0" doc:"target: value per replica"`
	Activation       float64  `scaler:"activationTargetValue,activation" doc:"the trigger is active above this value"`
	IgnoreNullValues bool     `scaler:"ignoreNullValues" doc:"whether what is null, or not there, counts as 0; it is an error otherwise"`
	MetricType       scalerkit.TargetKind

	question question
}

// A question is for the answer to a search. Where the number is in it, is each
// trigger's own affair.
type question struct{ indices, path, body string }

// String implements fmt.Stringer.
func (q question) String() string { return "search in " + q.indices }

// Parse implements driver.Parser.
func (s *Search) Parse(p *driver.Problems) {
	p.Exclude(&s.Template, &s.Query)
	if s.Template == "" {
		p.Require(&s.Query, "give it, or a %s", p.Name(&s.Template))
	}
	escaped := make([]string, len(s.Index))
	for i, name := range s.Index {
		// Of names with date math, some are given as they have to be in a URL.
		if plain, err := url.PathUnescape(name); err == nil {
			name = plain
		}
		escaped[i] = url.PathEscape(name)
	}
	s.question = question{indices: strings.Join(s.Index, ","), path: "/" + strings.Join(escaped, ",") + "/_search", body: s.Query}
	if s.Template != "" {
		s.parseTemplate(p)
	} else if s.Query != "" && !json.Valid([]byte(s.Query)) {
		p.Add(&s.Query, "is not JSON")
	}
}

func (s *Search) parseTemplate(p *driver.Problems) {
	params := make(map[string]string)
	for _, parameter := range s.Parameters {
		name, value, _ := strings.Cut(parameter, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if name == "" || value == "" {
			p.Add(&s.Parameters, "has %q, which is not name:value", parameter)
		}
		params[name] = value
	}
	body, _ := json.Marshal(struct { // of texts, which does not fail
		ID     string            `json:"id"`
		Params map[string]string `json:"params,omitempty"`
	}{s.Template, params})
	s.question.path += "/template"
	s.question.body = string(body)
}

// read finds the number in an answer.
func (s *Search) read(body []byte) (scalerkit.Reading, error) {
	answer := gjson.ParseBytes(body)
	failed := answer.Get("_shards.failed")
	switch {
	case !gjson.ValidBytes(body) || !failed.Exists():
		return scalerkit.Reading{}, errors.New("the answer is not that of a search")
	case answer.Get("timed_out").Bool():
		return scalerkit.Reading{}, errors.New("the answer is partial: the search took too long")
	case failed.Num > 0:
		reason := line.Cut(line.Of(answer.Get("_shards.failures.0.reason.reason").Str), 200)
		return scalerkit.Reading{}, fmt.Errorf("the answer is partial: %v of %v shards failed: %s", failed, answer.Get("_shards.total"), reason)
	case s.IgnoreNullValues && answer.Get(s.ValueLocation).Type == gjson.Null: // or not there
		return scalerkit.Reading{Note: fmt.Sprintf("%q in the answer is null or not there, which counts as 0", s.ValueLocation)}, nil
	}
	value, err := locate.JSON(body, s.ValueLocation)
	if err != nil {
		return scalerkit.Reading{}, fmt.Errorf("%q in the answer: %w", s.ValueLocation, err)
	}
	reading := signed.Reading(value, s.Activation)
	if s.ValueLocation == "hits.total.value" && answer.Get("hits.total.relation").Str == "gte" {
		reading.Note = "there are more hits than the server counted: a track_total_hits in the query has it count all"
	}
	return reading, nil
}
