package azureservicebus_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/azureservicebus"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// opened opens a trigger that is closed with the test.
func opened(t testing.TB, spec scalerkit.Spec, metadata values, pool *scalerkit.Pool) scalerkit.Scaler {
	t.Helper()
	s, err := listing.Open(trigger(spec, metadata), scalerkit.Options{Pool: pool})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// of opens a trigger on the fake.
func of(t testing.TB, f *fake, metadata values, pool *scalerkit.Pool) scalerkit.Scaler {
	t.Helper()
	return opened(t, withConnection(f.emulator(key)), metadata, pool)
}

func queue(name string) values { return values{"queueName": name} }

func regex(name, operation string) values {
	return values{"queueName": name, "useRegex": "true", "operation": operation}
}

func wantError(t *testing.T, s scalerkit.Scaler, want string) error {
	t.Helper()
	r, err := s.Read(context.Background())
	require.EqualError(t, err, "read "+want)
	require.Zero(t, r)
	return err
}

func TestWhatIsCounted(t *testing.T) {
	f := newFake(t)
	f.set("orders", counts{active: 1, scheduled: 2, deadLetter: 4, transfer: 8, transferDeadLetter: 16})
	f.set("shop/orders", counts{active: 32})
	f.set("order", counts{active: 2})
	f.set("events/subscriptions/w", counts{active: 3, deadLetter: 5, transfer: 7, transferDeadLetter: 9})
	f.set("events/subscriptions/works", counts{active: 10})
	subscription := values{"topicName": "events", "subscriptionName": "w"}
	subscriptions := values{"topicName": "events", "subscriptionName": "w.*", "useRegex": "true"}
	for name, c := range map[string]struct {
		metadata values
		want     float64
	}{
		"active messages":              {queue("orders"), 1},
		"whatever the case":            {queue("Orders"), 1},
		"a queue in a folder":          {queue("shop/orders"), 32},
		"scheduled":                    {with(queue("orders"), values{"messageStates": "scheduled"}), 2},
		"dead letters":                 {with(queue("orders"), values{"messageStates": "deadLetter"}), 4},
		"transfer":                     {with(queue("orders"), values{"messageStates": "transfer"}), 8},
		"dead letters of transfer":     {with(queue("orders"), values{"messageStates": "transferDeadLetter"}), 16},
		"several":                      {with(queue("orders"), values{"messageStates": "active, deadLetter"}), 5},
		"a subscription":               {subscription, 3},
		"its dead letters":             {with(subscription, values{"messageStates": "deadLetter"}), 5},
		"its transfer":                 {with(subscription, values{"messageStates": "transfer,transferDeadLetter"}), 16},
		"the sum of queues":            {regex("orders?", ""), 3},
		"the greatest":                 {regex("orders?", "max"), 2},
		"the average":                  {regex("orders?", "avg"), 1.5},
		"the sum of what has anchors":  {regex("^order$|^shop/.*$", "sum"), 34},
		"whole names only":             {regex("rder", "sum"), 0},
		"the longest alternative":      {regex("order|orders", "sum"), 3},
		"names as they are written":    {regex("ORDERS", "sum"), 0},
		"nothing":                      {regex("none", "sum"), 0},
		"the greatest of nothing":      {regex("none", "max"), 0},
		"the average of nothing":       {regex("none", "avg"), 0},
		"the sum of subscriptions":     {subscriptions, 13},
		"the sum of their other kinds": {with(subscriptions, values{"messageStates": "transfer"}), 7},
	} {
		t.Run(name, func(t *testing.T) { scalertest.WantValue(t, of(t, f, c.metadata, nil), c.want) })
	}
}

func TestMessagesThatNobodyMayReceiveDoNotCount(t *testing.T) {
	f := newFake(t)
	f.set("orders", counts{active: 500, deadLetter: 7})
	f.set("order", counts{active: 30})
	f.set("ordered", counts{})
	f.set("events/subscriptions/w", counts{active: 500})
	subscription := values{"topicName": "events", "subscriptionName": "w"}
	for name, c := range map[string]struct {
		metadata values
		status   map[string]string
		want     float64
		note     string
	}{
		"a queue that is active":             {queue("orders"), values{"orders": "Active"}, 500, ""},
		"one that is to be sent nothing":     {queue("orders"), values{"orders": "SendDisabled"}, 500, ""},
		"one that has a status of tomorrow":  {queue("orders"), values{"orders": "Renaming"}, 500, ""},
		"one that gives nothing":             {queue("Orders"), values{"orders": "ReceiveDisabled"}, 0, `queue "orders" has the status ReceiveDisabled: nobody may receive 500 messages, and they do not count`},
		"its dead letters":                   {with(queue("orders"), values{"messageStates": "deadLetter"}), values{"orders": "ReceiveDisabled"}, 0, `queue "orders" has the status ReceiveDisabled: nobody may receive 7 messages, and they do not count`},
		"one that is disabled":               {queue("orders"), values{"orders": "Disabled"}, 0, `queue "orders" has the status Disabled: nobody may receive 500 messages, and they do not count`},
		"one that is disabled and empty":     {queue("ordered"), values{"ordered": "Disabled"}, 0, ""},
		"a subscription that gives nothing":  {subscription, values{"events/subscriptions/w": "ReceiveDisabled"}, 0, `subscription "w" has the status ReceiveDisabled: nobody may receive 500 messages, and they do not count`},
		"a subscription that is disabled":    {subscription, values{"events/subscriptions/w": "Disabled"}, 0, `subscription "w" has the status Disabled: nobody may receive 500 messages, and they do not count`},
		"one queue of several":               {regex("order.*", "sum"), values{"orders": "Disabled", "ordered": "Disabled"}, 30, `queue "orders" has the status Disabled: nobody may receive 500 messages, and they do not count`},
		"the greatest of the others":         {regex("order.*", "max"), values{"orders": "Disabled"}, 30, `queue "orders" has the status Disabled: nobody may receive 500 messages, and they do not count`},
		"the average, with nothing for that": {regex("order.*", "avg"), values{"orders": "Disabled"}, 10, `queue "orders" has the status Disabled: nobody may receive 500 messages, and they do not count`},
		"several queues":                     {regex("order.*", "sum"), values{"orders": "Disabled", "order": "ReceiveDisabled"}, 0, `2 queues, "order" among them, have the status Disabled or ReceiveDisabled: nobody may receive 530 messages, and they do not count`},
		"what does not match":                {regex("order", "sum"), values{"orders": "Disabled"}, 30, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f.change(func() { f.status = c.status })
			s := of(t, f, c.metadata, nil)
			r, err := s.Read(context.Background())
			require.NoError(t, err)
			require.Equal(t, c.want, r.Value)
			require.Equal(t, c.want > 0, r.IsActive(s.Metric()))
			require.Equal(t, c.note, r.Note)
		})
	}
}

func TestAQueueThatNobodyMayReceiveFromIsReadInAListToo(t *testing.T) {
	r := newRound(t, 10)
	r.f.change(func() { r.f.status[name(7)] = "ReceiveDisabled" })
	for i := range 10 {
		r.add(t, queue(name(i)))
	}
	got, lists, _ := r.read(t)
	require.Equal(t, []float64{0, 1, 2, 3, 4, 5, 6, 0, 8, 9}, got)
	require.Equal(t, 1, lists)
}

func TestAnAverageBelowOneIsNotZero(t *testing.T) {
	f := newFake(t)
	f.set("a", counts{active: 1})
	f.set("b", counts{})
	s := of(t, f, regex(".", "avg"), nil)
	r, err := s.Read(context.Background())
	require.NoError(t, err)
	require.Equal(t, 0.5, r.Value)
	require.True(t, r.IsActive(s.Metric()))
}

func TestWhatDoesNotExist(t *testing.T) {
	f := newFake(t)
	f.set("events/subscriptions/w", counts{})
	missing := values{"topicName": "none", "subscriptionName": "w"}
	for _, c := range []struct {
		metadata values
		want     string
	}{
		{queue("none"), `messages of queue "none": not found`},
		{queue("events"), `messages of queue "events": not found: there is something of this name that has no messages`},
		{missing, `messages of subscription "w" of topic "none": not found`},
		{with(missing, values{"useRegex": "true"}), `messages of subscriptions that match "w" of topic "none": not found: there is no such topic`},
	} {
		require.ErrorIs(t, wantError(t, of(t, f, c.metadata, nil), c.want), scalerkit.ErrNotFound)
	}
	f.say(func(w http.ResponseWriter, _ *http.Request) bool {
		refuse(w, 404, "No service is hosted at the specified address. TrackingId:1")
		return true
	})
	require.ErrorIs(t, wantError(t, of(t, f, queue("none"), nil), `messages of queue "none": GET `+f.http.URL+`/none: not found: 404 Not Found: No service is hosted at the specified address`), scalerkit.ErrNotFound)
}

func TestWhatTheServiceRefuses(t *testing.T) {
	say := func(status int, detail, retryAfter string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Retry-After", retryAfter)
			refuse(w, status, detail)
			return true
		}
	}
	text := func(text string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = fmt.Fprint(w, text)
			return true
		}
	}
	entry := func(inside string) func(http.ResponseWriter, *http.Request) bool {
		return text("<entry><title>orders</title><content><QueueDescription>" + inside + "</QueueDescription></content></entry>")
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		is     error
		want   string
	}{
		"throttled":         {say(429, "SubCode=50009. The request has been throttled. TrackingId:1", "10"), scalerkit.ErrThrottled, "GET: throttled for 10s: 429 Too Many Requests: SubCode=50009. The request has been throttled"},
		"busy":              {say(503, "Server busy", ""), scalerkit.ErrThrottled, "GET: throttled: 503 Service Unavailable: Server busy"},
		"without counts":    {entry("<MessageCount>0</MessageCount>"), scalerkit.ErrThrottled, "throttled: the answer has no CountDetails"},
		"without the count": {entry("<CountDetails/>"), nil, "the answer does not say how many messages are in state active"},
		"with half of them": {entry("<CountDetails><DeadLetterMessageCount>0</DeadLetterMessageCount></CountDetails>"), nil, "the answer does not say how many messages are in state active"},
		"less than none":    {entry("<CountDetails><ActiveMessageCount>-1</ActiveMessageCount></CountDetails>"), nil, "the answer says that -1 messages are in state active"},
		"no number":         {entry("<CountDetails><ActiveMessageCount>many</ActiveMessageCount></CountDetails>"), nil, `the answer is not the XML that it should be: strconv.ParseInt: parsing "many": invalid syntax`},
		"no Manage right":   {say(401, "MessagingManage claim required\n for this operation.", ""), scalerkit.ErrDenied, "GET: access denied: 401 Unauthorized: MessagingManage claim required for this operation"},
		"forbidden":         {say(403, "", ""), scalerkit.ErrDenied, "GET: access denied: 403 Forbidden"},
		"broken":            {say(500, "The service was unable to process the request", ""), nil, "GET: 500 Internal Server Error: The service was unable to process the request"},
		"elsewhere":         {say(302, "", ""), nil, "GET: 302 Found"},
		"empty":             {text(""), nil, "the answer is not the XML that it should be: EOF"},
		"half":              {text("<entry><title>orders</title>"), nil, "the answer is not the XML that it should be: XML syntax error on line 1: unexpected EOF"},
		"another language":  {text("<html></html>"), nil, `the answer is a "html" and neither feed nor entry`},
		"a list":            {text("<feed><title>Queues</title></feed>"), nil, "the answer is a list"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.set("orders", counts{active: 2})
			s := of(t, f, queue("orders"), nil)
			f.say(c.answer)
			f.asked()
			err := wantError(t, s, `messages of queue "orders": `+strings.Replace(c.want, "GET:", "GET "+f.http.URL+"/orders:", 1))
			require.Len(t, f.asked(), 1, "the next reading is the retry")
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			f.say(nil)
			scalertest.WantValue(t, s, 2)
		})
	}
}

func TestAnEntryWithoutCountsIsNotZeroInAListEither(t *testing.T) {
	f := newFake(t)
	f.set("a", counts{active: 1})
	f.set("b", counts{active: 2})
	f.change(func() { f.bare["b"] = true })
	err := wantError(t, of(t, f, regex(".", "sum"), nil), `messages of queues that match ".": "b": throttled: the answer has no CountDetails`)
	require.ErrorIs(t, err, scalerkit.ErrThrottled)
	scalertest.WantValue(t, of(t, f, regex("a", "sum"), nil), 1)
	f.change(func() { f.bare["b"] = false })
	scalertest.WantValue(t, of(t, f, regex(".", "sum"), nil), 3)
}

func TestCredentialsThatAreRevokedAndRenewed(t *testing.T) {
	f := newFake(t)
	f.set("orders", counts{active: 2})
	s := of(t, f, queue("orders"), nil)
	scalertest.WantValue(t, s, 2)
	f.change(func() { f.key = wrong })
	err := wantError(t, s, `messages of queue "orders": GET `+f.http.URL+`/orders: access denied: 401 Unauthorized: InvalidSignature: The token '[redacted]' has an invalid signature`)
	require.ErrorIs(t, err, scalerkit.ErrDenied)
	f.change(func() { f.key = key })
	scalertest.WantValue(t, s, 2)
}

func TestATokenThatIsRefusedIsReplaced(t *testing.T) {
	azuretest.NeedTrust(t)
	f := newFake(t)
	f.set("orders", counts{active: 2})
	s := opened(t, accesses["Identity"].spec(f), queue("orders"), nil)
	scalertest.WantValue(t, s, 2)
	scalertest.WantValue(t, s, 2)
	require.Equal(t, 1, f.authority.Issued())
	f.authority.Revoke()
	require.ErrorIs(t, wantError(t, s, `messages of queue "orders": GET `+f.https.URL+`/orders: access denied: 401 Unauthorized: InvalidSignature: The token '[redacted]' has an invalid signature`), scalerkit.ErrDenied)
	scalertest.WantValue(t, s, 2)
	require.Equal(t, 2, f.authority.Issued())
}

func TestAProgramCanBringItsCredential(t *testing.T) {
	azuretest.NeedTrust(t)
	f := newFake(t)
	f.set("orders", counts{})
	scalertest.Borrowed(t, func(credential azcore.TokenCredential, o scalerkit.Options) (scalerkit.Scaler, error) {
		o.IdentityEndpoints = []string{"127.0.0.1"}
		return azureservicebus.New(azureservicebus.Config{
			QueueName: "orders", Namespace: namespace, EndpointSuffix: f.suffix(),
			Entra: azureservicebus.Entra{Cloud: "Private", Credential: credential},
		}, o)
	}, f.authority.Credential(), f.authority.Credential())
}
