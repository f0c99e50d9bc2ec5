package kafka

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
)

const (
	clientID  = "scalerkit"
	ioTimeout = 10 * time.Second
	maxFrame  = 64 << 20 // bytes of an answer; text of another protocol looks like more
)

// A wire is an open connection to a broker. Its methods are not to be called
// concurrently.
type wire struct {
	net.Conn
	in       *bufio.Reader
	versions map[protocol.ApiKey]versions // that the broker speaks
	sent     int32                        // number of requests
	heard    bool                         // something came back since this was last reset
	expires  time.Time                    // of the authentication; zero if it does not
}

type versions struct{ least, greatest int16 }

// A coder is a request that package protocol cannot encode.
type coder interface {
	protocol.Message
	encode(id int32) []byte
	decode(answer []byte) error // leaves the answer in the request
}

// greet asks the broker which versions it speaks.
func (w *wire) greet() error {
	answers, err := w.exchange(new(apiversions.Request))
	if err != nil {
		return err
	}
	answer := answers[0].(*apiversions.Response)
	if answer.ErrorCode != 0 {
		return kafkago.Error(answer.ErrorCode)
	}
	w.versions = make(map[protocol.ApiKey]versions, len(answer.ApiKeys))
	for _, k := range answer.ApiKeys {
		w.versions[protocol.ApiKey(k.ApiKey)] = versions{k.MinVersion, k.MaxVersion}
	}
	return nil
}

// speaks reports whether the broker speaks a version of a request.
func (w *wire) speaks(key protocol.ApiKey, version int16) bool {
	v, ok := w.versions[key]
	return ok && v.least <= version && version <= v.greatest
}

// version returns the greatest version that both sides speak.
func (w *wire) version(key protocol.ApiKey) (int16, error) {
	if w.versions == nil {
		return key.MinVersion(), nil // before greet
	}
	version := min(w.versions[key].greatest, key.MaxVersion())
	if version < key.MinVersion() || !w.speaks(key, version) {
		return 0, fmt.Errorf("the broker speaks no version of %v that is spoken here", key)
	}
	return version, nil
}

// exchange sends requests, without waiting in between, and returns the answers
// in their order. After an error the wire is of no use.
func (w *wire) exchange(requests ...protocol.Message) ([]protocol.Message, error) {
	var out bytes.Buffer
	first := w.sent + 1
	for _, r := range requests {
		w.sent++
		if err := w.encode(&out, r, w.sent); err != nil {
			return nil, err
		}
	}
	// The broker answers before it has read everything: if both sides only
	// wrote, both would wait.
	written := make(chan error, 1)
	go func() {
		err := w.SetWriteDeadline(time.Now().Add(ioTimeout))
		if err == nil {
			_, err = w.Write(out.Bytes())
		}
		written <- err
	}()
	answers := make([]protocol.Message, len(requests))
	for i, r := range requests {
		var err error
		if answers[i], err = w.receive(r, first+int32(i)); err != nil {
			_ = w.Close() // so that the writing ends
			return nil, cmp.Or(err, <-written)
		}
	}
	return answers, <-written
}

func (w *wire) encode(out *bytes.Buffer, request protocol.Message, id int32) error {
	if r, ok := request.(coder); ok {
		out.Write(r.encode(id))
		return nil
	}
	version, err := w.version(request.ApiKey())
	if err != nil {
		return err
	}
	return protocol.WriteRequest(out, version, id, clientID, request)
}

// receive reads the answer to a request. Decoding must not end the program,
// whatever it is that the other side sent.
func (w *wire) receive(request protocol.Message, id int32) (answer protocol.Message, err error) {
	frame, err := w.frame()
	if err != nil {
		return nil, err
	}
	if got := int32(binary.BigEndian.Uint32(frame[4:])); got != id {
		return nil, errors.New("the broker answers another request than the one it was asked")
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the broker's answer to %v is malformed: %v", request.ApiKey(), r)
		}
	}()
	if r, ok := request.(coder); ok {
		return request, r.decode(frame[8:])
	}
	version, err := w.version(request.ApiKey())
	if err != nil {
		return nil, err
	}
	_, answer, err = protocol.ReadResponse(bytes.NewReader(frame), request.ApiKey(), version)
	if err != nil {
		return nil, fmt.Errorf("the broker's answer to %v is malformed: %w", request.ApiKey(), err)
	}
	return answer, nil
}

// frame reads a whole answer, which begins with its size and an id.
func (w *wire) frame() ([]byte, error) {
	if err := w.SetReadDeadline(time.Now().Add(ioTimeout)); err != nil {
		return nil, err
	}
	head := make([]byte, 4)
	n, err := io.ReadFull(w.in, head)
	w.heard = w.heard || n > 0
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the broker closed the connection: %w", err)
	}
	if err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head)
	if size > maxFrame || size < 4 {
		return nil, fmt.Errorf("this is no Kafka broker: its answer begins with %q", head)
	}
	frame := append(make([]byte, 0, 4+size), head...)[:4+size]
	_, err = io.ReadFull(w.in, frame[4:])
	return frame, err
}
