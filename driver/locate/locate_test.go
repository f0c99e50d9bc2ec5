package locate_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/locate"
)

// find finds a number in a body.
func find(format, body, location string) (value float64, note string, err error) {
	switch format {
	case "yaml":
		var decoded any
		if err := yaml.Unmarshal([]byte(body), &decoded); err != nil {
			return 0, "", err
		}
		value, err = locate.Value(decoded, location)
	case "xml":
		value, err = locate.XML([]byte(body), location)
	case "prometheus":
		selector, err := locate.ParseSelector(location)
		if err != nil {
			return 0, "", err
		}
		return selector.Find([]byte(body))
	default:
		value, err = locate.JSON([]byte(body), location)
	}
	return value, "", err
}

const exposition = `# HELP queue_length Messages.
# TYPE queue_length gauge
queue_length{name="a",zone="x"} 7 1700000000000
queue_length{ name = "b \"q\"" , zone="y", }	1e3
queue_length_total 3
 latency_bucket{le="+Inf"} 12 # {trace="1"} 0.5
latency_count 13
broken{name=x} 1
nan NaN
text many
negative -1
`

func TestWhereTheNumberIs(t *testing.T) {
	const object = `{"queues":[{"name":"a","length":7},{"name":"b","length":"1500m"}],"up":true,"none":null,"big":1e30,"negative":-1,"text":"many"}`
	const document = "queues:\n- length: 7\n  max: 2Ki\n- length: .inf\nup: true\nfloat: 1.5\n1: 2\nname: {a: 18446744073709551615}\n"
	const elements = `<?xml version="1.0"?><root><queue size="3"><name>a</name><length> 7 </length></queue><queue size="x"><length>8</length></queue><up>true</up></root>`
	notThere := "not found: there is no such thing"
	for _, c := range []struct {
		format, body, location string
		value                  float64
		note, err              string
	}{
		{"json", object, "queues.0.length", 7, "", ""},
		{"json", object, `queues.#(name=="b").length`, 1.5, "", ""},
		{"json", object, "queues.#", 2, "", ""},
		{"json", object, "big", 1e30, "", ""},
		{"json", object, "queues.2.length", 0, "", notThere},
		{"json", object, "up", 0, "", "is no number but True"},
		{"json", object, "none", 0, "", "is no number but Null"},
		{"json", object, "queues.0", 0, "", "is no number but JSON"},
		{"json", object, "negative", -1, "", ""},
		{"json", object, "text", 0, "", "is no number, nor a quantity such as 1500m or 2Ki"},
		{"json", object[:len(object)-1], "queues.0.length", 0, "", "it is not JSON"},

		{"yaml", document, "queues.0.length", 7, "", ""},
		{"yaml", document, "queues.0.max", 2048, "", ""},
		{"yaml", document, "float", 1.5, "", ""},
		{"yaml", document, "name.a", 18446744073709551615, "", ""},
		{"yaml", document, "1", 2, "", ""},
		{"yaml", document, "queues.2.length", 0, "", notThere},
		{"yaml", document, "queues.x.length", 0, "", notThere},
		{"yaml", document, "float.more", 0, "", notThere},
		{"yaml", document, "up", 0, "", "is no number but a bool"},
		{"yaml", document, "queues", 0, "", "is no number but a []interface {}"},

		{"xml", elements, "root.queue.length", 7, "", ""},
		{"xml", elements, "queue.length", 7, "", ""},
		{"xml", elements, "queue.@size", 3, "", ""},
		{"xml", "<length>7</length>", "length", 7, "", ""},
		{"xml", elements, "queue.width", 0, "", notThere},
		{"xml", elements, "queue.@length", 0, "", notThere},
		{"xml", elements, "up", 0, "", "is no number, nor a quantity such as 1500m or 2Ki"},
		{"xml", elements[:len(elements)-7], "queue.length", 0, "", "it is not XML"},

		{"prometheus", exposition, "queue_length", 7, "2 samples match, of which the first counts", ""},
		{"prometheus", exposition, `queue_length{name="a"}`, 7, "", ""},
		{"prometheus", exposition, `queue_length{name="b \"q\""}`, 1000, "", ""},
		{"prometheus", exposition, `queue_length{name!="a", zone=~"x|y"}`, 1000, "", ""},
		{"prometheus", exposition, `queue_length{zone!~"x.*"}`, 1000, "", ""},
		{"prometheus", exposition, `queue_length{zone=~"x|",other=""}`, 7, "", ""},
		{"prometheus", exposition, `latency_bucket{le="+Inf"}`, 12, "", ""},
		{"prometheus", exposition, "latency_count", 13, "", ""},
		{"prometheus", exposition, "queue", 0, "", notThere},
		{"prometheus", exposition, `queue_length{zone="z"}`, 0, "", notThere},
		{"prometheus", exposition, "broken", 0, "", "a sample of broken cannot be read: the value of name is not in quotes"},
		{"prometheus", exposition, "text", 0, "", "is no number"},
		{"prometheus", "<html>", "queue_length", 0, "", notThere},
	} {
		t.Run(c.format+" "+c.location, func(t *testing.T) {
			value, note, err := find(c.format, c.body, c.location)
			if c.err != "" {
				require.EqualError(t, err, c.err)
				require.Equal(t, c.err == notThere, errors.Is(err, scalerkit.ErrNotFound))
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.value, value)
			require.Equal(t, c.note, note)
		})
	}
}

// Kubernetes' own forms of a quantity.
func TestQuantities(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "+1.5": 1.5, ".5": 0.5, "5.": 5, "100n": 1e-7, "100u": 1e-4, "1500m": 1.5, "2k": 2e3, "2M": 2e6, "2G": 2e9, "2T": 2e12, "2P": 2e15, "2E": 2e18,
		"2Ki": 1 << 11, "2Mi": 1 << 21, "2Gi": 1 << 31, "2Ti": 1 << 41, "2Pi": 1 << 51, "2Ei": 1 << 61, "0.5Ki": 512, "12e3": 12e3, "12E-1": 1.2,
		"": -1, "k": -1, "1K": -1, "1ki": -1, "1 k": -1, "1e": -1, "1mm": -1, "0x10": -1, "NaN": -1, "Inf": -1, "1_000": -1, "1e999": -1,
	} {
		got, err := locate.Quantity(text)
		if want < 0 {
			require.Error(t, err, text)
			continue
		}
		require.NoError(t, err, text)
		require.InEpsilon(t, want+1, got+1, 1e-12, text)
	}
}

func Example() {
	answer := []byte(`{"queues": [{"name": "orders", "length": "2Ki"}]}`)
	length, err := locate.JSON(answer, `queues.#(name=="orders").length`)
	fmt.Println(length, err)
	_, err = locate.JSON(answer, "queues.1.length")
	fmt.Println(err)
	// Output:
	// 2048 <nil>
	// not found: there is no such thing
}
