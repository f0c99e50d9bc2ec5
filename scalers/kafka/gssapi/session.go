package gssapi

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// The beginning of the first message: that the mechanism is Kerberos 5, by its
// object identifier, and that an AP-REQ follows.
var kerberos, apReq = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02}, []byte{1, 0}

// initial returns the first message, by RFC 4121.
func initial(who *credentials.Credentials, ticket messages.Ticket, key types.EncryptionKey) ([]byte, error) {
	authenticator, err := types.NewAuthenticator(who.Domain(), who.CName())
	if err != nil {
		return nil, err
	}
	// In place of a checksum: how long what follows is, no channel that this is
	// bound to, and what messages shall be protected by.
	sum := make([]byte, 24)
	binary.LittleEndian.PutUint32(sum, 16)
	binary.LittleEndian.PutUint32(sum[20:], uint32(gssapi.ContextFlagInteg|gssapi.ContextFlagConf))
	authenticator.Cksum = types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: sum}
	request, err := messages.NewAPReq(ticket, key, authenticator)
	if err != nil {
		return nil, err
	}
	body, err := request.Marshal()
	return asn1tools.AddASNAppTag(slices.Concat(kerberos, apReq, body), 0), err
}

// A session is one that the broker knows the key of, if it is who it should be.
type session struct {
	key    types.EncryptionKey
	agreed bool
}

// Next implements sasl.StateMachine, by RFC 4752: the broker offers kinds of
// protection for what comes later, of which none is chosen.
func (s *session) Next(_ context.Context, challenge []byte) (done bool, response []byte, err error) {
	const none = 1
	if s.agreed {
		return true, nil, nil
	}
	var offer gssapi.WrapToken
	if err := offer.Unmarshal(challenge, true); err != nil {
		return false, nil, fmt.Errorf("the broker does not speak GSSAPI: %w", err)
	}
	if ok, err := offer.Verify(s.key, keyusage.GSSAPI_ACCEPTOR_SEAL); err != nil || !ok {
		return false, nil, errors.New("the broker does not prove who it is")
	}
	if len(offer.Payload) != 4 || offer.Payload[0]&none == 0 {
		return false, nil, errors.New("the broker insists on protecting every message, which is what TLS is for here")
	}
	answer, err := gssapi.NewInitiatorWrapToken([]byte{none, 0, 0, 0}, s.key)
	if err != nil {
		return false, nil, err
	}
	s.agreed = true
	response, err = answer.Marshal()
	return false, response, err
}
