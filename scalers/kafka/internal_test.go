package kafka

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

func TestTheTokenForMSKIsWhatTheSDKSigns(t *testing.T) {
	const ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	at := time.Date(2026, 8, 20, 1, 34, 56, 0, time.FixedZone("CEST", 2*60*60)) // yesterday, in UTC
	for region, c := range map[string]Credentials{
		"eu-west-1":  {AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: scalerkit.NewSecret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")},
		"cn-north-1": {AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: scalerkit.NewSecret("s"), SessionToken: scalerkit.NewSecret("IQoJ/b3Jp+Z2lu== ~%")},
	} {
		host := "kafka." + region + ".amazonaws.com"
		request, err := http.NewRequest(http.MethodGet, "https://"+host+"/?Action=kafka-cluster%3AConnect&X-Amz-Expires=900", http.NoBody) //nolint:noctx // it is never sent
		require.NoError(t, err)
		credentials := sdk.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey.Reveal(), SessionToken: c.SessionToken.Reveal()}
		signed, _, err := v4.NewSigner().PresignHTTP(t.Context(), credentials, request, ofNothing, "kafka-cluster", region, at)
		require.NoError(t, err)
		want, err := url.Parse(signed)
		require.NoError(t, err)

		token, err := base64.RawURLEncoding.DecodeString(c.token(region, at))
		require.NoError(t, err)
		got, err := url.Parse(string(token))
		require.NoError(t, err)
		query := got.Query()
		require.Equal(t, "scalerkit", query.Get("User-Agent"))
		query.Del("User-Agent") // it is not signed
		require.Equal(t, want.Query(), query)
		require.Equal(t, "https://"+host+"/", got.Scheme+"://"+got.Host+got.Path)
	}
}

func TestAPartitionIsStuckWhenItsOffsetStandsStill(t *testing.T) {
	var m memory
	at := time.Date(2026, 8, 20, 12, 0, 0, 0, time.UTC)
	stuck := func(after time.Duration, committed int64) bool {
		p := position{topicPartition: topicPartition{"a", 0}, end: 100, committed: committed}
		return m.observe([]position{p}, at.Add(after))(p)
	}
	require.False(t, stuck(0, 5), "it is seen for the first time")
	require.False(t, stuck(time.Second, 5), "that is the same round of polling")
	require.True(t, stuck(30*time.Second, 5))
	require.False(t, stuck(60*time.Second, 6), "it moved")
	require.True(t, stuck(90*time.Second, 6))
	require.False(t, stuck(120*time.Second, none), "there is nothing to stand still")
	require.False(t, stuck(150*time.Second, none))
}

func TestAMemoryBearsConcurrentReadings(t *testing.T) {
	var m memory
	var readings sync.WaitGroup
	at := time.Date(2026, 8, 20, 12, 0, 0, 0, time.UTC)
	p := position{topicPartition: topicPartition{"a", 0}, end: 100, committed: 5}
	for range 10 {
		readings.Go(func() { _ = m.observe([]position{p}, at)(p) })
	}
	readings.Wait()
	require.True(t, m.observe([]position{p}, at.Add(standstill))(p))
}

func TestStuckPartitionsCountForActivityOnly(t *testing.T) {
	positions := []position{
		{topicPartition: topicPartition{"a", 0}, end: 100, committed: 10},
		{topicPartition: topicPartition{"a", 1}, end: 100, committed: 98},
	}
	rules := Lag{LagThreshold: 1, LimitToPartitionsWithLag: true}
	r, activity := rules.level(positions, func(p position) bool { return p.partition == 0 })
	require.Equal(t, scalerkit.Reading{Value: 2, Limit: 1}, r, "one partition with lag that moves")
	require.Equal(t, 92.0, activity)
}

func TestRequestsThatDependOnEachOtherAreDecodedWhole(t *testing.T) {
	g := newGroupOffsets("g", true)
	answer := fetchAnswer("g", 3, 7)
	require.NoError(t, (&fetchRequest{[]*groupOffsets{g}}).decode(answer))
	require.NoError(t, g.err)
	require.Equal(t, []string{"a"}, g.names())
	committed, err := g.topic("a", 0).in(3)
	require.NoError(t, err)
	require.EqualValues(t, 7, committed)
	committed, err = g.topic("a", 0).in(2)
	require.NoError(t, err)
	require.EqualValues(t, none, committed)

	for n := range answer {
		require.Error(t, (&fetchRequest{[]*groupOffsets{newGroupOffsets("g", true)}}).decode(answer[:n]), "cut after %d bytes", n)
	}
	require.Error(t, (&fetchRequest{[]*groupOffsets{newGroupOffsets("other", true)}}).decode(answer))
}

// fetchAnswer is an answer to a fetchRequest with one partition of topic "a".
func fetchAnswer(group string, partition int32, committed int64) []byte {
	e := new(encoder)
	e.end()    // of the header
	e.int32(0) // throttle time
	e.array(1)
	e.string(group)
	e.array(1)
	e.string("a")
	e.array(1)
	e.int32(partition)
	e.buf = binary.BigEndian.AppendUint64(e.buf, uint64(committed))
	e.int32(-1)                                    // leader epoch
	e.null()                                       // metadata
	e.buf = append(e.buf, 0, 0, 1, 5, 2, 'x', 'y') // no error, and a tagged field
	e.end()                                        // of the topic
	e.buf = append(e.buf, 0, 0)                    // no error
	e.end()                                        // of the group
	e.end()
	return e.buf
}

func FuzzFetchAnswer(f *testing.F) {
	f.Add(fetchAnswer("g", 3, 7))
	f.Add(fetchAnswer("g", 1<<30, -1))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, answer []byte) {
		g := newGroupOffsets("g", true)
		if err := (&fetchRequest{[]*groupOffsets{g}}).decode(answer); err == nil && !errors.Is(g.err, errMissing) {
			_ = g.names()
		}
	})
}
