package influxdb

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"

	"github.com/scalerkit/scalerkit/driver/httpsource"
)

func askFlux(ctx context.Context, c *httpsource.Client, q question) (answer, error) {
	request := post(q.server+"/api/v2/query?"+url.Values{"org": {q.in}}.Encode(), map[string]any{
		"query": q.query, "type": "flux",
		"dialect": map[string]any{"header": true, "delimiter": ",", "annotations": []string{"datatype"}},
	})
	request.Header.Set("Accept", "application/csv")
	response, err := c.Do(ctx, request)
	if err != nil {
		return answer{}, err
	}
	t, err := readTables(response.Body)
	switch {
	case err != nil:
		return answer{}, err
	case t.failure != "":
		return answer{}, errors.New("the query failed: " + c.Excerpt(t.failure))
	case t.records == 0:
		return answer{}, errors.New("the query has no record")
	}
	value, err := t.number()
	if err != nil {
		return answer{}, err
	}
	note := ""
	if t.records > 1 {
		note = fmt.Sprintf("the result has %d records, of which the first counts", t.records)
	}
	return answer{value, note}, nil
}

// tables are what there is to know of a result.
type tables struct {
	records     int
	kind, value string // of the first record; the kind is empty if it has no _value
	failure     string // that the server met with while it answered
}

// readTables reads annotated CSV: of each table the types, the names of the
// columns, and the records. The first column is for annotations.
func readTables(body []byte) (t tables, err error) {
	var types, names []string
	for r := rowsOf(body); ; {
		row, err := r.Read()
		switch {
		case err == io.EOF:
			return t, nil
		case err == nil && row[0] == "#datatype":
			types, names = row, nil
			continue
		case err != nil || types == nil || len(row) != len(types):
			return t, errors.New("the answer is not the annotated CSV that it should be")
		case names == nil:
			names = row
			continue
		}
		at := slices.Index(names, "_value")
		if failed := slices.Index(names, "error"); failed >= 0 && at < 0 {
			t.failure = row[failed]
			return t, nil
		}
		if t.records++; t.records == 1 && at >= 0 {
			t.kind, t.value = types[at], row[at]
		}
	}
}

func rowsOf(body []byte) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(body))
	r.FieldsPerRecord = -1
	return r
}

// number returns the value of the first record.
func (t *tables) number() (float64, error) {
	switch {
	case t.kind == "":
		return 0, errors.New("the first record has no _value")
	case !slices.Contains([]string{"double", "long", "unsignedLong"}, t.kind):
		return 0, fmt.Errorf("the value is a %s: it should be a number", t.kind)
	case t.value == "":
		return 0, errors.New("the value is null")
	}
	value, err := strconv.ParseFloat(t.value, 64)
	if err != nil {
		return 0, errors.New("the value is no number")
	}
	return value, nil
}
