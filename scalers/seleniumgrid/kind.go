package seleniumgrid

import (
	"reflect"
	"strings"
)

// capabilities are those of a request, a session or a slot. Clients send what they
// like in them.
type capabilities map[string]any

// downloads is the capability of managed downloads.
const downloads = "se:downloadsEnabled"

// text returns a capability that is a text, empty if it is not there, and whether
// it is not something else.
func (c capabilities) text(name string) (text string, ok bool) {
	value, given := c[name]
	text, ok = value.(string)
	return text, ok || !given || value == nil
}

func (c capabilities) truth(name string) bool {
	truth, _ := c[name].(bool)
	return truth
}

// A kind is that of the nodes a trigger is for.
type kind struct {
	browser, inSessions string // the name in requests, and in sessions and slots
	version             string
	platform            platform
	downloads           bool
	more                capabilities
	maxSessions         int
}

// needed returns how many nodes of the kind the grid needs: those that are busy,
// and new ones for the requests that find no free slot.
func (k *kind) needed(g *grid) int {
	busy, room := 0, 0 // room: free slots of the nodes there are
	for _, n := range g.nodes {
		running := k.count(n.sessions)
		busy += (running + k.maxSessions - 1) / k.maxSessions
		if n.up {
			room += max(0, min(n.free, k.slots(n)-running))
		}
	}
	waiting := 0
	for _, request := range g.waiting {
		if k.serves(request) {
			waiting++
		}
	}
	return busy + (max(0, waiting-room)+k.maxSessions-1)/k.maxSessions
}

// count returns how many of the sessions are of the kind.
func (k *kind) count(sessions []capabilities) (n int) {
	for _, session := range sessions {
		if k.is(session) {
			n++
		}
	}
	return n
}

// slots returns how many of a node's slots are of the kind.
func (k *kind) slots(n node) (sum int) {
	for _, s := range n.slots {
		if k.is(s.Stereotype) {
			sum += s.Slots
		}
	}
	return sum
}

// serves reports whether a node of the kind fits a request.
func (k *kind) serves(request capabilities) bool {
	return k.fits(request, k.browser) && (k.downloads || !request.truth(downloads))
}

// is reports whether a slot is of the kind.
func (k *kind) is(stereotype capabilities) bool {
	return k.fits(stereotype, k.browser, k.inSessions) && (!k.downloads || stereotype.truth(downloads))
}

// fits compares what is compared alike in requests and in slots.
func (k *kind) fits(c capabilities, browsers ...string) bool {
	browser, isText := c.text("browserName")
	version, isTextToo := c.text("browserVersion")
	system, isTextAsWell := c.text("platformName")
	if !isText || !isTextToo || !isTextAsWell {
		return false
	}
	named := false
	for _, name := range browsers {
		named = named || strings.EqualFold(browser, name)
	}
	versioned := strings.HasPrefix(k.version, version) && (version != "" || k.version == "")
	return named && versioned && k.platform.standsFor(platformOf(system)) && k.has(c)
}

// has reports whether the further capabilities of the kind are among others.
func (k *kind) has(c capabilities) bool {
	for name, value := range k.more {
		if got, given := c[name]; !given || !reflect.DeepEqual(got, value) {
			return false
		}
	}
	return true
}
