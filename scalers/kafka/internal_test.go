package kafka

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

// The signature is the AWS SDK's for the same credentials and time.
func TestTheTokenForMSKIsWhatTheSDKSigns(t *testing.T) {
	aws := AWS{Region: "eu-west-1", AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: scalerkit.NewSecret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), SessionToken: scalerkit.NewSecret("IQoJ/b3Jp+Z2lu==")}
	token, err := base64.RawURLEncoding.DecodeString(aws.token(time.Date(2026, 8, 20, 14, 34, 56, 0, time.FixedZone("CEST", 2*60*60))))
	require.NoError(t, err)
	require.Equal(t, "https://kafka.eu-west-1.amazonaws.com/?Action=kafka-cluster%3AConnect&User-Agent=scalerkit"+
		"&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260820%2Feu-west-1%2Fkafka-cluster%2Faws4_request"+
		"&X-Amz-Date=20260820T123456Z&X-Amz-Expires=900&X-Amz-Security-Token=IQoJ%2Fb3Jp%2BZ2lu%3D%3D"+
		"&X-Amz-Signature=b3095925d44784da2b673bacf6f509cf1b2fc827ebd0d9922acaf1c117fa38f0&X-Amz-SignedHeaders=host", string(token))
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

func TestStuckPartitionsCountForActivityOnly(t *testing.T) {
	positions := []position{
		{topicPartition: topicPartition{"a", 0}, end: 100, committed: 10},
		{topicPartition: topicPartition{"a", 1}, end: 100, committed: 98},
	}
	rules := Lag{LagThreshold: 1, LimitToPartitionsWithLag: true}
	value, activity := rules.level(positions, func(p position) bool { return p.partition == 0 })
	require.Equal(t, 1.0, value, "one partition with lag that moves")
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
