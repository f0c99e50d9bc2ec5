package record

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

// A disk has room for so many bytes.
type disk struct {
	room    int
	files   []string
	blocked chan struct{} // if set, a write waits for it
}

var errFull = errors.New("no space left on device")

func (d *disk) create(string, Options) (io.WriteCloser, error) {
	if d.room == 0 {
		return nil, errFull
	}
	d.files = append(d.files, "")
	return d, nil
}

func (d *disk) Write(p []byte) (int, error) {
	if d.blocked != nil {
		<-d.blocked
	}
	n := min(len(p), d.room)
	d.room -= n
	d.files[len(d.files)-1] += string(p[:n])
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func (d *disk) Close() error { return nil }

func round(at int) control.Round {
	return control.Round{Time: time.Unix(int64(at), 0), Decided: true, Decision: autoscale.Decision{Replicas: at}}
}

// rounds returns what can be read, as the time of each and what is missing before it.
func (d *disk) rounds(t *testing.T) (list [][2]int64) {
	for r, err := range Read(strings.NewReader(strings.Join(d.files, "\x00"))) {
		require.NoError(t, err)
		list = append(list, [2]int64{r.Time.Unix(), r.Missing})
	}
	return list
}

func TestAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		d := &disk{room: 350}
		r, err := open(t.TempDir(), Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, d.create)
		require.NoError(t, err)
		record := func(at int) {
			r.Record(round(at))
			synctest.Wait()
		}
		for at := range 20 {
			record(at)
		}
		status := r.Status()
		require.Equal(t, int64(20), status.Written+status.Missing)
		require.Positive(t, status.Written)
		require.Equal(t, errFull, status.Err)

		d.room = 1 << 20 // but nobody looks for a while
		record(20)
		require.Equal(t, status.Missing+1, r.Status().Missing)
		time.Sleep(pause)
		record(21)
		record(22)
		require.NoError(t, r.Close())
		require.Equal(t, Status{Written: status.Written + 2, Missing: status.Missing + 1}, r.Status())
		require.Len(t, d.files, 2, "a torn line is the last one of its file")

		torn := d.files[0][strings.LastIndexByte(d.files[0], '\n')+1:]
		require.NotEmpty(t, torn)
		d.files[0] = strings.TrimSuffix(d.files[0], torn)
		got := (&disk{files: []string{d.files[0] + d.files[1]}}).rounds(t)
		require.Equal(t, [2]int64{21, status.Missing + 1}, got[status.Written])
		require.Equal(t, [2]int64{22, 0}, got[status.Written+1])
		require.Equal(t, 1, strings.Count(log.String(), "rounds cannot be recorded"), log.String())
		require.Equal(t, 1, strings.Count(log.String(), "rounds are recorded again"), log.String())
	})
}

// A round does not wait for a disk that does not answer.
func TestADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{room: 1 << 30, blocked: make(chan struct{})}
		r, err := open(t.TempDir(), Options{}, d.create)
		require.NoError(t, err)
		r.Record(round(0))
		synctest.Wait() // it is being written
		for at := range waiting + 76 {
			r.Record(round(1 + at))
		}
		require.Equal(t, int64(76), r.Status().Missing)
		close(d.blocked)
		require.NoError(t, r.Close())
		got := d.rounds(t)
		require.Len(t, got, 1+waiting)
		require.Equal(t, [2]int64{0, 0}, got[0])
		require.Equal(t, [2]int64{1, 76}, got[1])
	})
}

// What cannot be written as JSON is left out, and nothing else.
func TestAStateThatIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{room: 1 << 20}
		r, err := open(t.TempDir(), Options{}, d.create)
		require.NoError(t, err)
		bad := round(1)
		bad.Before.Own = []byte("{")
		r.Record(bad)
		synctest.Wait()
		require.ErrorContains(t, r.Status().Err, "at 1970-01-01 00:00:01 +0000 UTC: json: error calling MarshalJSON")
		r.Record(round(2))
		require.NoError(t, r.Close())
		require.Equal(t, [][2]int64{{2, 1}}, d.rounds(t))
	})
}
