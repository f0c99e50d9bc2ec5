package azureservicebus

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"

	"github.com/scalerkit/scalerkit"
)

// A document is an answer of the management API: an Atom feed of entries, or
// one entry.
type document struct {
	XMLName xml.Name
	Title   string  `xml:"title"`
	Content content `xml:"content"`
	Entries []entry `xml:"entry"`
	Links   []link  `xml:"link"`
}

type link struct {
	Rel string `xml:"rel,attr"`
}

type entry struct {
	Title   string  `xml:"title"`
	Content content `xml:"content"`
}

type content struct {
	Queue        *description `xml:"QueueDescription"`
	Subscription *description `xml:"SubscriptionDescription"`
}

type description struct {
	Status string  `xml:"Status"`
	Counts *counts `xml:"CountDetails"`
}

// mayReceive reports whether whoever set a status left it possible to receive
// messages.
func mayReceive(status string) bool { return status != "Disabled" && status != "ReceiveDisabled" }

// counts are the numbers of messages by their state. One that the answer
// leaves out is nil, and not 0.
type counts struct {
	Active             *int64 `xml:"ActiveMessageCount"`
	Scheduled          *int64 `xml:"ScheduledMessageCount"`
	DeadLetter         *int64 `xml:"DeadLetterMessageCount"`
	Transfer           *int64 `xml:"TransferMessageCount"`
	TransferDeadLetter *int64 `xml:"TransferDeadLetterMessageCount"`
}

// of returns the number of messages in a state.
func (c *counts) of(state string) (int64, error) {
	n := map[string]*int64{
		active: c.Active, scheduled: c.Scheduled, deadLetter: c.DeadLetter,
		transfer: c.Transfer, transferDeadLetter: c.TransferDeadLetter,
	}[state]
	switch {
	case n == nil:
		return 0, fmt.Errorf("the answer does not say how many messages are in state %s", state)
	case *n < 0:
		return 0, fmt.Errorf("the answer says that %d messages are in state %s", *n, state)
	}
	return *n, nil
}

// An entity is a queue or subscription, or why it could not be read.
type entity struct {
	name   string
	status string
	counts *counts
	err    error
}

// errNoCounts is how the service answers when there are too many requests,
// with a status of 200.
var errNoCounts = &scalerkit.ThrottledError{Err: errors.New("the answer has no CountDetails")}

func (c *content) entity(name string) entity {
	d := c.Queue
	if d == nil {
		d = c.Subscription
	}
	switch {
	case d == nil:
		return entity{name: name, err: fmt.Errorf("%w: there is something of this name that has no messages", scalerkit.ErrNotFound)}
	case d.Counts == nil:
		return entity{name: name, err: errNoCounts}
	}
	return entity{name: name, status: d.Status, counts: d.Counts}
}

// hasNext reports whether more of a list is to be had: the page is full, or has
// a link to the next one.
func (d *document) hasNext() bool {
	return len(d.Entries) >= pageSize || slices.Contains(d.Links, link{Rel: "next"})
}

// parse reads an answer.
func parse(body []byte) (*document, error) {
	d := new(document)
	if err := xml.Unmarshal(body, d); err != nil {
		return nil, fmt.Errorf("the answer is not the XML that it should be: %w", err)
	}
	if d.XMLName.Local != "feed" && d.XMLName.Local != "entry" {
		return nil, fmt.Errorf("the answer is a %q and neither feed nor entry", d.XMLName.Local)
	}
	return d, nil
}

// isNothing recognises the answer to a question about something that does not
// exist: the list of what everybody may see, which is empty.
func (d *document) isNothing() bool {
	return d.XMLName.Local == "feed" && d.Title == "Publicly Listed Services" && len(d.Entries) == 0
}
