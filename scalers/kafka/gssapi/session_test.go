package gssapi_test

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	wrap "github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kafka"
	"github.com/scalerkit/scalerkit/scalers/kafka/gssapi"
)

const (
	realm  = "SCALERKIT.TEST"
	broker = "kafka/broker.test"
)

// A cache is a credential cache in the making, as MIT's documentation has it.
type cache []byte

func (c *cache) number(n uint32) { *c = binary.BigEndian.AppendUint32(*c, n) }
func (c *cache) bytes(b []byte)  { c.number(uint32(len(b))); *c = append(*c, b...) }
func (c *cache) principal(name types.PrincipalName) {
	c.number(uint32(name.NameType))
	c.number(uint32(len(name.NameString)))
	c.bytes([]byte(realm))
	for _, part := range name.NameString {
		c.bytes([]byte(part))
	}
}

// ticket adds a ticket for a service with that key, and returns the session's key.
func (c *cache) ticket(t *testing.T, user types.PrincipalName, service string, keys *keytab.Keytab, begin time.Time) types.EncryptionKey {
	name := types.NewPrincipalName(nametype.KRB_NT_SRV_INST, service)
	ticket, key, err := messages.NewTicket(user, realm, name, realm, types.NewKrbFlags(), keys, etypeID.AES256_CTS_HMAC_SHA1_96, 1,
		begin, begin, begin.Add(time.Hour), begin.Add(time.Hour))
	require.NoError(t, err)
	der, err := ticket.Marshal()
	require.NoError(t, err)
	c.principal(user)
	c.principal(name)
	*c = binary.BigEndian.AppendUint16(*c, uint16(key.KeyType))
	c.bytes(key.KeyValue)
	for _, at := range []time.Time{begin, begin, begin.Add(time.Hour), begin.Add(time.Hour)} {
		c.number(uint32(at.Unix()))
	}
	*c = append(*c, 0) // no key of another ticket
	c.number(0)        // flags
	c.number(0)        // addresses
	c.number(0)        // what authorizes
	c.bytes(der)
	c.bytes(nil) // no second ticket
	return key
}

// start begins a session with a broker by a ticket that is there, so that no KDC is
// asked. It returns the keys of the broker and of the session.
func start(t *testing.T, begin time.Time) (state sasl.StateMachine, message []byte, keys *keytab.Keytab, key types.EncryptionKey, err error) {
	keys = keytab.New()
	for _, service := range []string{broker, "krbtgt/" + realm} {
		require.NoError(t, keys.AddEntry(service, realm, "secret", begin, 1, etypeID.AES256_CTS_HMAC_SHA1_96))
	}
	user := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "scalerkit")
	c := cache{5, 4, 0, 0}
	c.principal(user)
	c.ticket(t, user, "krbtgt/"+realm, keys, begin)
	key = c.ticket(t, user, broker, keys, begin)
	cluster := &kafka.Cluster{
		BootstrapServers: []string{"broker.test:9092"}, SASL: "gssapi",
		Kerberos: kafka.Kerberos{
			Config: "[libdefaults]\ndefault_realm = " + realm + "\n", CredentialCache: scalerkit.NewSecret(string(c)),
			ServiceName: "kafka", GSSAPI: gssapi.Mechanisms,
		},
	}
	s, err := kafka.New(kafka.Config{Cluster: *cluster, Lag: kafka.Lag{ConsumerGroup: "workers"}}, scalerkit.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	mechanism, err := gssapi.Mechanisms.Open(cluster)
	require.NoError(t, err)
	require.Equal(t, "GSSAPI", mechanism.Name())
	state, message, err = mechanism.Start(sasl.WithMetadata(t.Context(), &sasl.Metadata{Host: "broker.test"}))
	return state, message, keys, key, err
}

// offer is what a broker says second.
func offer(t *testing.T, key types.EncryptionKey, payload ...byte) []byte {
	token := wrap.WrapToken{Flags: 1, EC: 12, Payload: payload}
	require.NoError(t, token.SetCheckSum(key, keyusage.GSSAPI_ACCEPTOR_SEAL))
	data, err := token.Marshal()
	require.NoError(t, err)
	return data
}

func TestASession(t *testing.T) {
	state, message, keys, key, err := start(t, time.Now())
	require.NoError(t, err)

	// RFC 4121: the mechanism, and a ticket for the broker with its authenticator.
	i := slices.Index(message, 0x6e) // an AP-REQ
	require.Equal(t, []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 1, 0}, message[i-13:i])
	var request messages.APReq
	require.NoError(t, request.Unmarshal(message[i:]))
	require.False(t, types.IsFlagSet(&request.APOptions, flags.APOptionMutualRequired))
	require.Equal(t, broker, request.Ticket.SName.PrincipalNameString())
	require.NoError(t, request.Ticket.DecryptEncPart(keys, &request.Ticket.SName))
	require.NoError(t, request.DecryptAuthenticator(request.Ticket.DecryptedEncPart.Key))
	require.Equal(t, "scalerkit", request.Authenticator.CName.PrincipalNameString())
	require.EqualValues(t, 0x8003, request.Authenticator.Cksum.CksumType)
	require.Len(t, request.Authenticator.Cksum.Checksum, 24)

	// RFC 4752: of the kinds of protection that are offered, none is chosen.
	done, response, err := state.Next(context.Background(), offer(t, key, 7, 0, 0xff, 0xff))
	require.NoError(t, err)
	require.False(t, done)
	var answer wrap.WrapToken
	require.NoError(t, answer.Unmarshal(response, false))
	ok, err := answer.Verify(key, keyusage.GSSAPI_INITIATOR_SEAL)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, []byte{1, 0, 0, 0}, answer.Payload)
	done, _, err = state.Next(context.Background(), nil)
	require.NoError(t, err)
	require.True(t, done)
}

func TestBrokersThatAreNotWhatTheyShouldBe(t *testing.T) {
	stranger := types.EncryptionKey{KeyType: etypeID.AES256_CTS_HMAC_SHA1_96, KeyValue: make([]byte, 32)}
	for want, challenge := range map[string]func(types.EncryptionKey) []byte{
		"the broker does not prove who it is":                                           func(types.EncryptionKey) []byte { return offer(t, stranger, 1, 0, 0, 0) },
		"the broker insists on protecting every message, which is what TLS is for here": func(key types.EncryptionKey) []byte { return offer(t, key, 6, 0, 0, 0) },
		"the broker does not speak GSSAPI: bytes shorter than header length":            func(types.EncryptionKey) []byte { return nil },
	} {
		state, _, _, key, err := start(t, time.Now())
		require.NoError(t, err)
		done, _, err := state.Next(context.Background(), challenge(key))
		require.EqualError(t, err, want)
		require.False(t, done)
	}
}

// A cache is read when it is needed, so that it may be renewed, and from nowhere else.
func TestACacheByName(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "other")
	require.NoError(t, os.WriteFile(outside, []byte("secret"), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "link")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "broken"), []byte("secret"), 0o600))
	for name, want := range map[string]string{
		"absent": "openat absent: no such file or directory",
		"link":   "openat link: path escapes from parent",
		"broken": "broken is no credential cache",
	} {
		mechanism, err := gssapi.WithCaches(dir).Open(&kafka.Cluster{Kerberos: kafka.Kerberos{Config: "[libdefaults]\n", CacheName: name}})
		require.NoError(t, err)
		_, _, err = mechanism.Start(sasl.WithMetadata(t.Context(), &sasl.Metadata{Host: "broker.test"}))
		require.EqualError(t, err, want)
	}
}

// A ticket that has expired is of no use, and there is no KDC to give another.
func TestACacheThatHasExpired(t *testing.T) {
	_, _, _, _, err := start(t, time.Now().Add(-2*time.Hour))
	require.ErrorContains(t, err, "get a ticket for "+broker+": ")
}
