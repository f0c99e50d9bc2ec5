package azureeventhubs_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/internal/tlshint/tlshinttest"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func TestWhatTheHubRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		status      int32
		description string
		is          error
		want        string
	}{
		"denied":    {401, "Attempted to perform an unauthorized operation.", scalerkit.ErrDenied, "access denied: 401 Unauthorized: Attempted to perform an unauthorized operation."},
		"forbidden": {403, "Ip has been prevented to connect.", scalerkit.ErrDenied, "access denied: 403 Forbidden: Ip has been prevented to connect."},
		"gone":      {404, "No such hub.\nTrackingId:1", scalerkit.ErrNotFound, "not found: 404 Not Found: No such hub."},
		"throttled": {503, "ServerBusy", scalerkit.ErrThrottled, "throttled: 503 Service Unavailable: ServerBusy"},
		"broken":    {500, "", nil, "500 Internal Server Error"},
	} {
		for _, at := range []string{"put-token", "READ com.microsoft:eventhub", "READ com.microsoft:partition orders 1"} {
			t.Run(name+" "+at, func(t *testing.T) {
				f := newFixture(t)
				f.set("orders", partition{0, 9, false}, partition{0, 9, false})
				s := f.open(t, nil, scalerkit.Options{})
				f.respond(func(question string) (int32, string, bool) {
					if strings.Contains(question, at) {
						return c.status, c.description, true
					}
					return 0, "", true
				})
				want := c.want
				if strings.Contains(at, "partition") {
					want = `partition "1": ` + want
				}
				wantError(t, s, c.is, want)
				f.respond(nil)
				scalertest.WantValue(t, s, 20)
			})
		}
	}
}

func TestHalfAnAnswerOfTheHub(t *testing.T) {
	for field, want := range map[string]string{
		"partition_ids":                 "the answer has no partition_ids",
		"begin_sequence_number":         `partition "0": half of the answer is missing`,
		"last_enqueued_sequence_number": `partition "0": half of the answer is missing`,
		"is_partition_empty":            `partition "0": half of the answer is missing`,
	} {
		t.Run(field, func(t *testing.T) {
			f := newFixture(t)
			f.set("orders", partition{0, 9, false})
			f.change = func(_ string, answer map[string]any) { delete(answer, field) }
			wantError(t, f.open(t, nil, scalerkit.Options{}), nil, want)
		})
	}
}

func TestWhatTheStorageAccountRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		code   string
		is     error
		want   string
	}{
		"denied":    {403, "AuthenticationFailed", scalerkit.ErrDenied, "access denied: 403 Forbidden: AuthenticationFailed"},
		"throttled": {503, "ServerBusy", scalerkit.ErrThrottled, "throttled: 503 Service Unavailable: ServerBusy"},
		"broken":    {500, "InternalError", nil, "500 Internal Server Error: InternalError"},
		"gone":      {404, "AccountNotFound", scalerkit.ErrNotFound, "not found: 404 Not Found: AccountNotFound"},
	} {
		for strategy, about := range map[string]string{"": `checkpoint of partition "0": `, "blobMetadata": `list checkpoints in container "c": `} {
			t.Run(name+strategy, func(t *testing.T) {
				f := newFixture(t)
				f.set("orders", partition{0, 9, false})
				s := f.open(t, values{"checkpointStrategy": strategy}, scalerkit.Options{})
				f.blobs.say(func(w http.ResponseWriter, _ *http.Request) bool {
					fail(w, c.status, c.code)
					return true
				})
				wantError(t, s, c.is, about+c.want)
				require.Len(t, f.blobs.requests(), 1, "the next reading is the retry")
				f.blobs.say(nil)
				scalertest.WantValue(t, s, 10)
			})
		}
	}
}

func TestCredentialsThatAreRevokedAndRenewed(t *testing.T) {
	f := newFixture(t)
	f.set("orders", partition{0, 9, false})
	s := f.open(t, nil, scalerkit.Options{})
	scalertest.WantValue(t, s, 10)
	f.update(func() { f.key = wrong })
	wantError(t, s, scalerkit.ErrDenied, "access denied: 401 Unauthorized: InvalidSignature: The token has an invalid signature.")
	f.update(func() { f.key = key })
	scalertest.WantValue(t, s, 10)
	require.Equal(t, 1, f.connections())
}

func TestATokenThatIsRefusedIsReplaced(t *testing.T) {
	azuretest.NeedTrust(t)
	f := newFixture(t)
	f.set("orders", partition{0, 9, false})
	at := trigger(f.fake, accesses["Identity"], strategies["Dapr"], f.blobs.connection(accountKey), "orders", "$Default", nil)
	s := f.openSpec(t, at.Spec, scalerkit.Options{})
	scalertest.WantValue(t, s, 10)
	scalertest.WantValue(t, s, 10)
	require.Equal(t, 1, f.authority.Issued())
	f.authority.Revoke()
	wantError(t, s, scalerkit.ErrDenied, "access denied: 401 Unauthorized: InvalidSignature: The token has an invalid signature.")
	scalertest.WantValue(t, s, 10)
	require.Equal(t, 2, f.authority.Issued())
}

func TestLinksThatTheServiceEndsAreOpenedAnew(t *testing.T) {
	idle := &amqp.Error{Condition: "amqp:link:detach-forced", Description: "The link is idle."}
	for name, onlySending := range map[string]bool{"both ways": false, "one way": true} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.set("orders", partition{0, 9, false})
			s := f.open(t, nil, scalerkit.Options{})
			scalertest.WantValue(t, s, 10)
			for _, p := range f.peers() {
				p.DetachAll(idle, onlySending)
			}
			require.Eventually(t, func() bool {
				_, err := s.Read(context.Background())
				return err == nil
			}, 5*time.Second, 10*time.Millisecond)
			require.Equal(t, 1, f.connections())
		})
	}
}

func TestWhatTheServiceSaysWhenItEndsALink(t *testing.T) {
	for name, c := range map[string]struct {
		condition amqp.ErrCond
		is        error
		want      string
	}{
		"denied":    {amqp.ErrCondUnauthorizedAccess, scalerkit.ErrDenied, "access denied: amqp:unauthorized-access: So it is."},
		"gone":      {amqp.ErrCondNotFound, scalerkit.ErrNotFound, "not found: amqp:not-found: So it is."},
		"throttled": {"com.microsoft:server-busy", scalerkit.ErrThrottled, "throttled: com.microsoft:server-busy: So it is."},
		"broken":    {amqp.ErrCondInternalError, nil, "amqp:internal-error: So it is."},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.set("orders", partition{0, 9, false})
			s := f.open(t, nil, scalerkit.Options{})
			f.update(func() { f.refusal = &amqp.Error{Condition: c.condition, Description: "So it is.\nTrackingId:1"} })
			wantError(t, s, c.is, c.want)
			f.update(func() { f.refusal = nil })
			scalertest.WantValue(t, s, 10)
		})
	}
}

func TestWhoSpeaksTLSIsNamed(t *testing.T) {
	for _, c := range []struct{ emulator, answer, want string }{
		{";UseDevelopmentEmulator=true", tlshinttest.Alert, "the server speaks TLS on this port, and was spoken to without TLS"},
		{";UseDevelopmentEmulator=true", "", "the server hung up without a word, as one does that expects TLS"},
		{"", "AMQP\x00\x01\x00\x00", "the server does not speak TLS on this port, and was spoken to with TLS"},
		{"", "", "the server hung up in the TLS handshake without a word, as one does that does not expect TLS"},
	} {
		f := newFixture(t)
		wantError(t, f.openSpec(t, scalerkit.Spec{
			Metadata: values{"eventHubName": "orders", "blobContainer": "c"},
			Auth: scalerkit.Secrets(values{
				"connection":        "Endpoint=sb://" + tlshinttest.Serve(t, c.answer) + ";SharedAccessKeyName=k;SharedAccessKey=" + key + c.emulator,
				"storageConnection": f.blobs.connection(accountKey),
			}),
		}, scalerkit.Options{}), nil, c.want)
	}
}
