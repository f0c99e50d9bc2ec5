package awskinesis_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/scalers/awskinesis"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func opened(t testing.TB, url string, pool *scalerkit.Pool, metadata values) scalerkit.Scaler {
	t.Helper()
	metadata = values{"awsRegion": awsfake.Region, "awsEndpoint": url, "streamName": "orders"}.with(metadata)
	s, err := awskinesis.Driver().Open(scalerkit.Spec{Metadata: metadata, Auth: scalerkit.Secrets(accessKey)}, scalerkit.Options{Pool: pool})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// age reads how far the consumer "app" is behind in stream orders.
func age(t testing.TB, f *fake) scalerkit.Scaler {
	return opened(t, f.URL, nil, values{"mode": "iteratorAge", "iteratorAge": "60", "leaseTable": "app", "leaseTableEndpoint": f.URL})
}

func seconds(n float64) time.Duration { return time.Duration((n - 0.5) * float64(time.Second)) }

func TestOpenShardsTakeOneRequest(t *testing.T) {
	f := newFake(t)
	f.set("orders", shard{id: "0", closed: true}, shard{id: "1", parent: "0"}, shard{id: "2", parent: "0"})
	s := opened(t, f.URL, nil, nil)
	scalertest.WantValue(t, s, 2)
	require.Equal(t, []string{"DescribeStreamSummary"}, f.requests())
}

func TestAnAnswerWithoutTheNumberIsAnError(t *testing.T) {
	f := newFake(t)
	f.set("orders", shard{id: "0"})
	f.edit = func(_ string, out map[string]any) { clear(out["StreamDescriptionSummary"].(map[string]any)) }
	scalertest.WantError(t, opened(t, f.URL, nil, nil), nil, `read open shards of stream "orders": Kinesis does not say how many there are`)
}

func TestThrottledRequestsSaySo(t *testing.T) {
	f := newFake(t)
	f.refuse = func(action, _ string) *awsfake.Refusal {
		if action == "ListShards" {
			return &awsfake.Refusal{Code: "AccessDeniedException", Message: "no kinesis:ListShards"}
		}
		return &awsfake.Refusal{Code: "LimitExceededException", Message: "Rate exceeded for account 123456789012."}
	}
	scalertest.WantError(t, opened(t, f.URL, nil, nil), scalerkit.ErrThrottled, `read open shards of stream "orders": throttled: LimitExceededException: Rate exceeded for account 123456789012. `+
		`(the permission kinesis:ListShards leads round this limit)`)
	require.Equal(t, []string{"DescribeStreamSummary", "ListShards"}, f.requests(), "the next reading is the retry")
}

func TestThrottledSummariesAreReplacedByTheListOfOpenShards(t *testing.T) {
	f := newFake(t)
	f.page = 2
	f.set("orders", shard{id: "0", closed: true}, shard{id: "1", parent: "0"}, shard{id: "2", parent: "0"}, shard{id: "3"})
	f.refuse = refuse("DescribeStreamSummary", "LimitExceededException", "Rate exceeded")
	scalertest.WantValue(t, opened(t, f.URL, nil, nil), 3)
	require.Equal(t, []string{"DescribeStreamSummary", "ListShards", "ListShards"}, f.requests())
}

func TestCredentialsMayBeRevokedAndRenewed(t *testing.T) {
	f := newFake(t)
	f.set("orders", shard{id: "0"})
	s := opened(t, f.URL, nil, nil)
	scalertest.WantValue(t, s, 1)
	f.Keys.Revoke(keyID)
	scalertest.WantError(t, s, scalerkit.ErrDenied, `read open shards of stream "orders": access denied: UnrecognizedClientException: The security token included in the request is invalid.`)
	f.Keys.Add(awsfake.Key{ID: keyID, Secret: secretKey})
	scalertest.WantValue(t, s, 1)
}

func TestTriggersOnOneStreamAreAskedForOnceAndOneThrottledStreamIsOneFailure(t *testing.T) {
	f := newFake(t)
	f.set("orders", shard{id: "0"})
	f.set("invoices", shard{id: "0"}, shard{id: "1"})
	f.refuse = func(_, body string) *awsfake.Refusal {
		if strings.Contains(body, `"StreamName":"busy"`) {
			return &awsfake.Refusal{Code: "LimitExceededException", Message: "Rate exceeded"}
		}
		return nil
	}
	pool := new(scalerkit.Pool)
	var scalers []scalerkit.Scaler
	for _, stream := range []string{"orders", "busy", "invoices", "orders"} {
		scalers = append(scalers, opened(t, f.URL, pool, values{"streamName": stream}))
	}
	var got []string
	for _, r := range scalerkit.ReadAll(context.Background(), scalers...) {
		got = append(got, fmt.Sprint(r.Reading.Value, r.Err))
	}
	require.Equal(t, []string{"1 <nil>", `0 read open shards of stream "busy": throttled: LimitExceededException: Rate exceeded (the permission kinesis:ListShards leads round this limit)`, "2 <nil>", "1 <nil>"}, got)
	require.Len(t, f.requests(), 4)
}

func TestTheAgeIsThatOfTheOldestRecordThatTheConsumerHasNotGotPast(t *testing.T) {
	f := newFake(t)
	f.set("orders",
		shard{id: "0", closed: true, records: []time.Duration{seconds(500), seconds(400)}},
		shard{id: "1", parent: "0", records: []time.Duration{seconds(300), seconds(200), seconds(100)}},
		shard{id: "2", parent: "0", records: []time.Duration{seconds(290), seconds(120)}},
	)
	s := age(t, f)
	for _, c := range []struct {
		name   string
		leases [][2]string
		want   float64
	}{
		{"not begun", nil, 500},
		{"in the first shard", [][2]string{{"0", "0"}}, 400},
		{"at the end of the first shard", [][2]string{{"0", "1"}}, 300},
		{"done with the first shard", [][2]string{{"0", "SHARD_END"}}, 300},
		{"in the others", [][2]string{{"0", "SHARD_END"}, {"1", "1"}, {"2", "0"}}, 120},
		{"done", [][2]string{{"1", "2"}, {"2", "1"}}, 0},
		{"from the beginning", [][2]string{{"1", "TRIM_HORIZON"}, {"2", "1"}}, 300},
		{"of several streams", [][2]string{{"1:orders:1:1", "1"}, {"1:orders:1:2", "1"}, {"1:others:1:1", "0"}}, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.lease("app", c.leases...)
			scalertest.WantValue(t, s, c.want)
		})
	}
}

// A consumer that begins at the tip of a shard each time that it is started, and
// went to zero before it set a checkpoint.
func TestRecordsWakeAConsumerThatBeginsAtTheTip(t *testing.T) {
	const note = `records arrived in the last 10 minutes in shard %s, which consumer "app" is to begin with at the tip: they call for one replica`
	minutes := func(n float64) time.Duration { return time.Duration(n * float64(time.Minute)) }
	for name, c := range map[string]struct {
		first, second []time.Duration // records
		leases        [][2]string
		want          scalerkit.Reading
	}{
		"no record":     {nil, nil, [][2]string{{"1", "LATEST"}, {"2", "LATEST"}}, scalerkit.Reading{}},
		"an old record": {[]time.Duration{minutes(10.5)}, nil, [][2]string{{"1", "LATEST"}, {"2", "LATEST"}}, scalerkit.Reading{}},
		"a recent one": {
			[]time.Duration{minutes(60), minutes(9.5)}, nil, [][2]string{{"1", "LATEST"}, {"2", "LATEST"}},
			scalerkit.Reading{Activity: scalerkit.Active, Limit: 1, Note: fmt.Sprintf(note, "1")},
		},
		"one that has just arrived": {
			nil, []time.Duration{0}, [][2]string{{"1", "LATEST"}, {"2", "LATEST"}},
			scalerkit.Reading{Activity: scalerkit.Active, Limit: 1, Note: fmt.Sprintf(note, "2")},
		},
		"a consumer that is done with the other shard": {
			[]time.Duration{minutes(5)}, []time.Duration{minutes(1)}, [][2]string{{"1", "LATEST"}, {"2", "0"}},
			scalerkit.Reading{Activity: scalerkit.Active, Limit: 1, Note: fmt.Sprintf(note, "1")},
		},
		"a consumer that is behind in the other shard": {
			[]time.Duration{minutes(5)}, []time.Duration{minutes(1), seconds(20)}, [][2]string{{"1", "LATEST"}, {"2", "0"}},
			scalerkit.Reading{Value: 20, Activity: scalerkit.Active, Note: fmt.Sprintf(note, "1")},
		},
		"a consumer that is behind in the other shard only": {
			[]time.Duration{minutes(11)}, []time.Duration{minutes(1), seconds(20)}, [][2]string{{"1", "LATEST"}, {"2", "0"}},
			scalerkit.Reading{Value: 20},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.set("orders", shard{id: "1", records: c.first}, shard{id: "2", records: c.second})
			f.lease("app", c.leases...)
			r, err := age(t, f).Read(context.Background())
			require.NoError(t, err)
			r.Time = time.Time{}
			require.Equal(t, c.want, r)
		})
	}
}

func TestARecordThatHasJustArrivedCounts(t *testing.T) {
	f := newFake(t)
	f.lease("app", [2]string{"0", "0"})
	f.set("orders", shard{id: "0", records: []time.Duration{time.Hour, -time.Minute}}) // the clock here is behind
	scalertest.WantValue(t, age(t, f), 1)
}

func TestGapsInAShardAreNotItsEnd(t *testing.T) {
	f := newFake(t)
	f.lease("app", [2]string{"0", "0"})
	f.set("orders", shard{id: "0", gaps: 3, records: []time.Duration{time.Hour, seconds(30)}})
	scalertest.WantValue(t, age(t, f), 30)
	f.set("orders", shard{id: "0", gaps: 100, records: []time.Duration{time.Hour, 29900 * time.Millisecond}})
	f.requests()
	scalertest.WantValue(t, age(t, f), 30)
	require.Equal(t, []string{"ListShards", "Scan", "GetShardIterator", "GetRecords", "GetRecords", "GetRecords", "GetRecords", "GetRecords"}, f.requests())
}

func TestAllPagesOfShardsAndLeasesAreRead(t *testing.T) {
	f := newFake(t)
	f.page = 2
	var shards []shard
	var leases [][2]string
	for i := range 7 {
		id := fmt.Sprint(i)
		shards = append(shards, shard{id: id, records: []time.Duration{seconds(float64(10 * (i + 1)))}})
		leases = append(leases, [2]string{id, "0"})
	}
	f.set("orders", shards...)
	f.lease("app", leases[:6]...)
	scalertest.WantValue(t, age(t, f), 70)
	f.lease("app", leases...)
	scalertest.WantValue(t, age(t, f), 0)
}

func TestErrorsAboutAConsumer(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*fake)
		want    string
		is      error
	}{
		"no stream": {
			func(f *fake) { delete(f.streams, "orders") },
			"not found: ResourceNotFoundException: Stream orders under account 123456789012 not found.", scalerkit.ErrNotFound,
		},
		"no table": {
			func(f *fake) { delete(f.tables, "app") },
			"lease table: not found: ResourceNotFoundException: Requested resource not found: Table: app not found", scalerkit.ErrNotFound,
		},
		"a table of something else": {
			func(f *fake) {
				f.edit = func(action string, out map[string]any) {
					if action == "Scan" {
						out["Items"] = []map[string]map[string]string{{"id": {"S": "1"}}}
					}
				}
			},
			"lease table: it has an item that is no lease of the Kinesis Client Library", nil,
		},
		"a table that may not be read": {
			func(f *fake) { f.refuse = refuse("Scan", "AccessDeniedException", "no dynamodb:Scan") },
			"lease table: access denied: AccessDeniedException: no dynamodb:Scan", scalerkit.ErrDenied,
		},
		"shards that the consumer reads as fast as it may": {
			func(f *fake) {
				f.refuse = refuse("GetRecords", "ProvisionedThroughputExceededException", "Rate exceeded for shard 0")
			},
			"shard 0: throttled: ProvisionedThroughputExceededException: Rate exceeded for shard 0", scalerkit.ErrThrottled,
		},
		"a checkpoint that Kinesis does not accept": {
			func(f *fake) {
				f.refuse = refuse("GetShardIterator", "InvalidArgumentException", "StartingSequenceNumber is invalid")
			},
			"shard 0: InvalidArgumentException: StartingSequenceNumber is invalid", nil,
		},
		"an answer that does not say whether it is the end": {
			func(f *fake) {
				f.lease("app", [2]string{"0", "1"})
				f.edit = func(_ string, out map[string]any) { delete(out, "MillisBehindLatest") }
			},
			"shard 0: Kinesis does not say whether that is the end of the shard", nil,
		},
		"a record without its time": {
			func(f *fake) {
				f.edit = func(action string, out map[string]any) {
					if action == "GetRecords" {
						delete(out["Records"].([]any)[0].(map[string]any), "ApproximateArrivalTimestamp")
					}
				}
			},
			"shard 0: Kinesis does not say when a record arrived", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.set("orders", shard{id: "0", records: []time.Duration{time.Hour, time.Minute}})
			f.lease("app", [2]string{"0", "0"})
			c.prepare(f)
			scalertest.WantError(t, age(t, f), c.is, `read iterator age of consumer "app" of stream "orders": `+c.want)
		})
	}
}

func refuse(what, code, message string) func(action, body string) *awsfake.Refusal {
	return func(action, _ string) *awsfake.Refusal {
		if action != what {
			return nil
		}
		return &awsfake.Refusal{Code: code, Message: message}
	}
}

func TestAProgramCanBringItsCredential(t *testing.T) {
	f := newFake(t)
	f.set("orders", shard{})
	other := awsfake.Key{ID: "AKIAOTHER", Secret: "other-secret"}
	f.Keys.Add(other)
	scalertest.Borrowed[sdk.CredentialsProvider](t, func(credential sdk.CredentialsProvider, o scalerkit.Options) (scalerkit.Scaler, error) {
		account := awskinesis.Account{Region: awsfake.Region, Endpoint: f.URL, Credential: credential}
		return awskinesis.New(awskinesis.Config{Account: account, StreamName: "orders"}, o)
	}, awsfake.Key{ID: keyID, Secret: secretKey}, other)
}
