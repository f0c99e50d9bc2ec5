package azureservicebus_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A round is what reading all triggers of one namespace takes.
type round struct {
	f    *fake
	pool *scalerkit.Pool
	all  []scalerkit.Scaler
}

func newRound(t testing.TB, queues int) *round {
	r := &round{f: newFake(t), pool: new(scalerkit.Pool)}
	for i := range queues {
		r.f.set(name(i), counts{active: i})
	}
	return r
}

func name(i int) string { return fmt.Sprintf("q-%04d", i) }

func (r *round) add(t testing.TB, metadata ...values) {
	for _, m := range metadata {
		r.all = append(r.all, of(t, r.f, m, r.pool))
	}
}

// read returns the values, and how many requests were for lists and for single
// queues or subscriptions.
func (r *round) read(t testing.TB) (values []float64, lists, singles int) {
	r.f.asked()
	for _, result := range scalerkit.ReadAll(context.Background(), r.all...) {
		require.NoError(t, result.Err)
		values = append(values, result.Reading.Value)
	}
	lists, singles = r.requests()
	return values, lists, singles
}

func (r *round) requests() (lists, singles int) {
	for _, path := range r.f.asked() {
		if path == "$Resources/Queues" || strings.HasSuffix(path, "/Subscriptions") {
			lists++
		} else {
			singles++
		}
	}
	return lists, singles
}

func TestManyQueuesAreReadInOneListing(t *testing.T) {
	r := newRound(t, 1000)
	var want []float64
	for i := range 1000 {
		r.add(t, queue(strings.ToUpper(name(i))))
		want = append(want, float64(i))
	}
	for range 2 {
		got, lists, singles := r.read(t)
		require.Equal(t, want, got)
		require.Equal(t, [2]int{10, 0}, [2]int{lists, singles})
	}
}

func TestAListingEndsWhereItHasAll(t *testing.T) {
	r := newRound(t, 1000)
	for i := range 20 {
		r.add(t, queue(name(i*5)))
	}
	_, lists, singles := r.read(t)
	require.Equal(t, [2]int{1, 0}, [2]int{lists, singles})
}

func TestAFewQueuesOfManyAreReadOneByOne(t *testing.T) {
	r := newRound(t, 1000)
	r.add(t, queue(name(1)), queue(name(500)), queue(name(999)))
	got, lists, singles := r.read(t)
	require.Equal(t, []float64{1, 500, 999}, got)
	require.Equal(t, [2]int{2, 2}, [2]int{lists, singles}, "the namespace has to be got to know")
	got, lists, singles = r.read(t)
	require.Equal(t, []float64{1, 500, 999}, got)
	require.Equal(t, [2]int{0, 3}, [2]int{lists, singles})
}

func TestAQueueThatTheListDoesNotHaveIsAskedFor(t *testing.T) {
	r := newRound(t, 10)
	r.add(t, queue(name(1)), queue(name(2)), queue(name(3)), queue("none"))
	for range 2 {
		r.f.asked()
		results := scalerkit.ReadAll(context.Background(), r.all...)
		require.EqualError(t, results[3].Err, `read messages of queue "none": not found`)
		require.Equal(t, 3.0, results[2].Reading.Value)
		lists, singles := r.requests()
		require.Equal(t, [2]int{1, 1}, [2]int{lists, singles})
	}
}

func TestTheSameQueueIsReadOnce(t *testing.T) {
	r := newRound(t, 10)
	r.add(t, queue("q-0007"), queue("Q-0007"), with(queue("q-0007"), values{"messageStates": "active,scheduled"}))
	got, lists, singles := r.read(t)
	require.Equal(t, []float64{7, 7, 7}, got)
	require.Equal(t, [2]int{0, 1}, [2]int{lists, singles})
}

func TestARegularExpressionServesTheOthers(t *testing.T) {
	r := newRound(t, 250)
	r.add(t, regex("q-000.", "sum"), queue(name(249)), regex(".*", "max"))
	for range 2 {
		got, lists, singles := r.read(t)
		require.Equal(t, []float64{45, 249, 249}, got)
		require.Equal(t, [2]int{3, 0}, [2]int{lists, singles})
	}
}

func TestEachTopicIsAListOfItsOwn(t *testing.T) {
	r := newRound(t, 10)
	for i := range 10 {
		r.f.set(fmt.Sprintf("a/subscriptions/s%d", i), counts{active: i})
	}
	r.f.set("b/subscriptions/s", counts{active: 50})
	var want []float64
	for i := range 10 {
		r.add(t, values{"topicName": "a", "subscriptionName": fmt.Sprintf("s%d", i)})
		want = append(want, float64(i))
	}
	r.add(t, values{"topicName": "b", "subscriptionName": "s"}, queue(name(3)))
	got, lists, singles := r.read(t)
	require.Equal(t, append(want, 50, 3), got)
	require.Equal(t, [2]int{1, 2}, [2]int{lists, singles})
}

// Scalers that are read at once, but not together, share listings: one is under
// way, and one serves all who came too late for it.
func TestRegularExpressionsThatAreReadAtOnceShareListings(t *testing.T) {
	const readers = 20
	r := newRound(t, 50)
	begun, release := make(chan struct{}, readers), make(chan struct{})
	r.f.say(func(http.ResponseWriter, *http.Request) bool {
		begun <- struct{}{}
		<-release
		return false
	})
	for range readers {
		r.add(t, regex("q-.*", "max"))
	}
	values := make(chan float64, readers)
	read := func(s scalerkit.Scaler) {
		reading, err := s.Read(context.Background())
		if err != nil {
			t.Error(err)
		}
		values <- reading.Value
	}
	go read(r.all[0])
	<-begun
	for _, s := range r.all[1:] {
		go read(s)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := r.all[1].Read(ctx) // who gives up does not take it from the others
	require.ErrorIs(t, err, context.DeadlineExceeded)
	close(release)
	for range readers {
		require.Equal(t, 49.0, <-values)
	}
	require.LessOrEqual(t, len(r.f.asked()), 3)
}

// The service may give fewer entries than it is asked for.
func TestAShortPageIsNotTheLastIfThereIsALinkToTheNext(t *testing.T) {
	r := newRound(t, 250)
	r.f.change(func() { r.f.most = 30 })
	r.add(t, regex(".*", "max"))
	got, lists, _ := r.read(t)
	require.Equal(t, []float64{249}, got)
	require.Equal(t, 9, lists)
}

func TestAListThatMayNotBeReadIsNotAskedForAgain(t *testing.T) {
	r := newRound(t, 10)
	noLists := func(w http.ResponseWriter, req *http.Request) bool {
		if req.URL.Path != "/$Resources/Queues" {
			return false
		}
		refuse(w, 401, "Manage claim required")
		return true
	}
	r.f.say(noLists)
	r.add(t, queue(name(1)), queue(name(2)), queue(name(3)))
	for _, want := range [][2]int{{1, 3}, {0, 3}} {
		got, lists, singles := r.read(t)
		require.Equal(t, []float64{1, 2, 3}, got)
		require.Equal(t, want, [2]int{lists, singles})
	}
}

func TestCredentialsThatAreRefusedAreNotTriedForEveryQueue(t *testing.T) {
	r := newRound(t, 10)
	for i := range 10 {
		r.add(t, queue(name(i)))
	}
	r.f.change(func() { r.f.key = wrong })
	r.f.asked()
	for _, result := range scalerkit.ReadAll(context.Background(), r.all...) {
		require.ErrorIs(t, result.Err, scalerkit.ErrDenied)
	}
	lists, singles := r.requests()
	require.Equal(t, [2]int{1, 1}, [2]int{lists, singles})
	r.f.change(func() { r.f.key = key })
	_, lists, singles = r.read(t)
	require.Equal(t, [2]int{1, 0}, [2]int{lists, singles})
}

func TestAThrottledListIsNotFollowedByMoreRequests(t *testing.T) {
	r := newRound(t, 150)
	for i := range 150 {
		r.add(t, queue(name(i)))
	}
	r.f.say(func(w http.ResponseWriter, req *http.Request) bool {
		if req.URL.Query().Get("$skip") == "0" {
			return false
		}
		w.Header().Set("Retry-After", "4")
		refuse(w, 429, "Slow down")
		return true
	})
	for i, result := range scalerkit.ReadAll(context.Background(), r.all...) {
		if i < 100 { // these were in the first page
			require.NoError(t, result.Err)
			require.Equal(t, float64(i), result.Reading.Value)
			continue
		}
		require.EqualError(t, result.Err, fmt.Sprintf("read messages of queue %q: GET %s/$Resources/Queues: throttled for 4s: 429 Too Many Requests: Slow down", name(i), r.f.http.URL))
		var throttled *scalerkit.ThrottledError
		require.True(t, errors.As(result.Err, &throttled))
	}
	paths := r.f.asked()
	require.Equal(t, []string{"$Resources/Queues"}, slices.Compact(paths))
	require.Len(t, paths, 2)
}

func TestTriggersShareANamespaceIfTheirCredentialsAreTheSame(t *testing.T) {
	f, pool := newFake(t), new(scalerkit.Pool)
	entity := withConnection(f.emulator(key) + "EntityPath=b")
	a, b := of(t, f, queue("a"), pool), opened(t, entity, queue("b"), pool)
	c := opened(t, accesses["Key"].spec(f), queue("a"), pool)
	require.True(t, scalertest.Together(a, b))
	require.False(t, scalertest.Together(a, c))
}
