package hpa

import (
	"mime"
	"strconv"
	"strings"
)

// What answers are written in.
const (
	mediaJSON      = "application/json"
	mediaProtobuf  = "application/vnd.kubernetes.protobuf"
	mediaDiscovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
)

// negotiate returns which of the offers an Accept header prefers, or an empty
// string for none. Among equals, the header's order decides, and then that of
// the offers.
func negotiate(accept []string, offers ...string) string {
	header := strings.Join(accept, ",")
	if strings.TrimSpace(header) == "" {
		return offers[0]
	}
	best, bestQuality := "", 0.0
	for clause := range strings.SplitSeq(header, ",") {
		media, params, err := mime.ParseMediaType(clause)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, ok := params["q"]; ok {
			delete(params, "q")
			if quality, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		if quality <= bestQuality {
			continue
		}
		for _, offer := range offers {
			if accepts(media, params, offer) {
				best, bestQuality = offer, quality
				break
			}
		}
	}
	return best
}

// accepts says whether a clause of an Accept header names the offer. A clause
// that asks for another representation, such as a table, has parameters.
func accepts(media string, params map[string]string, offer string) bool {
	offered, want, err := mime.ParseMediaType(offer)
	if err != nil {
		return false
	}
	delete(params, "charset")
	if len(params) != len(want) {
		return false
	}
	for key, value := range want {
		if params[key] != value {
			return false
		}
	}
	return media == offered || media == "*/*" || media == "application/*"
}
