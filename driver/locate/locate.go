package locate

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/scalerkit/scalerkit"
)

var errNotThere = fmt.Errorf("%w: there is no such thing", scalerkit.ErrNotFound)

// JSON finds a number by a path of GJSON, such as
// queues.#(name=="orders").length.
func JSON(body []byte, path string) (float64, error) {
	if !gjson.ValidBytes(body) {
		return 0, errors.New("it is not JSON")
	}
	switch found := gjson.GetBytes(body, path); {
	case !found.Exists():
		return 0, errNotThere
	case found.Type == gjson.Number:
		return found.Num, nil
	case found.Type == gjson.String:
		return Quantity(found.Str)
	default:
		return 0, fmt.Errorf("is no number but %s", found.Type)
	}
}

// Value finds a number in what was decoded from YAML, say, by the names of a
// mapping with dots between, and numbers from 0 for places in a list:
// queues.0.length.
func Value(at any, path string) (float64, error) {
	for name := range strings.SplitSeq(path, ".") {
		found := false
		switch inside := at.(type) {
		case map[string]any:
			at, found = inside[name]
		case map[any]any: // one key or more of it are no text
			for key, value := range inside {
				if !found && fmt.Sprint(key) == name {
					at, found = value, true
				}
			}
		case []any:
			if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(inside) {
				at, found = inside[i], true
			}
		}
		if !found {
			return 0, errNotThere
		}
	}
	switch at := at.(type) {
	case int, int64, uint64, float64:
		return strconv.ParseFloat(fmt.Sprint(at), 64)
	case string:
		return Quantity(at)
	}
	return 0, fmt.Errorf("is no number but a %T", at)
}

// An element is one of XML.
type element struct {
	XMLName    xml.Name
	Attributes []xml.Attr `xml:",any,attr"`
	Text       string     `xml:",chardata"`
	Elements   []*element `xml:",any"`
}

// XML finds a number by the names of elements with dots between, of which that of
// the outermost may be left out, and @name for an attribute at the end:
// queue.length, queue.@length. It is the first such element.
func XML(body []byte, path string) (float64, error) {
	at := new(element)
	if err := xml.Unmarshal(body, at); err != nil {
		return 0, errors.New("it is not XML")
	}
	for i, name := range strings.Split(path, ".") {
		if i == 0 && name == at.XMLName.Local {
			continue
		}
		if at = at.inside(name); at == nil {
			return 0, errNotThere
		}
	}
	return Quantity(strings.TrimSpace(at.Text))
}

// inside returns the first element with that name, or an attribute as one, nil if
// there is none.
func (e *element) inside(name string) *element {
	for _, a := range e.Attributes {
		if "@"+a.Name.Local == name {
			return &element{Text: a.Value}
		}
	}
	for _, inner := range e.Elements {
		if inner.XMLName.Local == name {
			return inner
		}
	}
	return nil
}
