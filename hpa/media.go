package hpa

import (
	"mime"
	"slices"
	"strconv"
	"strings"
)

// A media is a media type that answers are written in. With a kind, it is
// another representation of a resource than its own, in Kubernetes' terms.
type media struct{ name, group, version, kind string }

var (
	mediaJSON      = media{name: "application/json"}
	mediaProtobuf  = media{name: "application/vnd.kubernetes.protobuf"}
	mediaDiscovery = media{"application/json", "apidiscovery.k8s.io", "v2", "APIGroupDiscoveryList"}
)

// String returns the media type as it stands in a header.
func (m media) String() string {
	if m.kind == "" {
		return m.name
	}
	return m.name + ";g=" + m.group + ";v=" + m.version + ";as=" + m.kind
}

// negotiate returns the index of the offer that Accept headers prefer, or -1
// if there is none. Among equals, the first in the headers counts, and then
// the first of the offers.
func negotiate(accept []string, offers ...media) int {
	header := strings.Join(accept, ",")
	if strings.TrimSpace(header) == "" {
		return 0
	}
	best, bestQuality := -1, 0.0
	for clause := range strings.SplitSeq(header, ",") {
		name, params, err := mime.ParseMediaType(clause)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, ok := params["q"]; ok {
			if quality, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		if !(quality > bestQuality) {
			continue
		}
		wanted := media{name, params["g"], params["v"], params["as"]}
		if i := slices.IndexFunc(offers, wanted.accepts); i >= 0 {
			best, bestQuality = i, quality
		}
	}
	return best
}

// accepts says whether the offer is of the wanted type, which may have
// wildcards.
func (m media) accepts(offer media) bool {
	if m.name == "*/*" || m.name == "application/*" {
		m.name = offer.name
	}
	return m == offer
}
