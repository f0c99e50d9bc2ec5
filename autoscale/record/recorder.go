package record

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/control"
)

// What [Options] has that sets none.
const (
	DefaultMaxBytes = 64 << 20
	DefaultMaxFiles = 16
)

// Options of a [Recorder]. The zero value is ready.
type Options struct {
	// MaxBytes is how large a file becomes before the next one begins, give or take
	// a line; 0 means [DefaultMaxBytes].
	MaxBytes int64

	// MaxFiles is how many files of rounds there are in the directory at most, those
	// of earlier processes included; 0 means [DefaultMaxFiles]. The oldest goes.
	MaxFiles int

	// Logger is told when writing begins to fail, and when it works again. If nil,
	// nothing is logged.
	Logger *slog.Logger
}

// A Recorder appends rounds to files in a directory. Its methods may be called
// concurrently.
type Recorder struct {
	dir    string
	o      Options
	create func(dir string, o Options) (io.WriteCloser, error)

	queue chan control.Round
	stop  chan struct{} // Close was called
	ended chan struct{} // nothing is written any more
	once  sync.Once

	written, missing atomic.Int64
	problem          atomic.Pointer[error]

	// Of the goroutine that writes.
	file  io.WriteCloser // nil: the next line begins one
	size  int64
	retry time.Time // no file is created before
	told  int64     // missing rounds of which a line tells
}

const (
	waiting = 1024             // rounds that wait to be written at most
	pause   = 10 * time.Second // after a failure, before the next try
)

// Open begins a file in a directory, which it makes if there is none, and returns the
// Recorder that writes to it. The error says why that cannot be done.
func Open(dir string, o Options) (*Recorder, error) {
	return open(dir, o, create)
}

func open(dir string, o Options, create func(string, Options) (io.WriteCloser, error)) (*Recorder, error) {
	if o.MaxBytes < 0 || o.MaxFiles < 0 {
		return nil, fmt.Errorf("record: MaxBytes: %d or MaxFiles: %d is less than 0", o.MaxBytes, o.MaxFiles)
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxFiles == 0 {
		o.MaxFiles = DefaultMaxFiles
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	file, err := create(dir, o)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	r := &Recorder{
		dir: dir, o: o, create: create, file: file,
		queue: make(chan control.Round, waiting), stop: make(chan struct{}), ended: make(chan struct{}),
	}
	go r.run()
	return r, nil
}

// Record has a round written, and returns at once. It is for [control.Loop.Observe]
// and [control.Runner.Observe]. What the Round refers to must not be changed. After
// Close it does nothing.
func (r *Recorder) Record(round control.Round) {
	select {
	case <-r.stop:
		return
	default:
	}
	select {
	case r.queue <- round:
	default:
		r.missing.Add(1)
	}
}

// A Status is what became of the rounds.
type Status struct {
	Written int64 // lines
	Missing int64 // rounds that could not be written
	Err     error // why the last one could not, nil once one could again
}

// Status returns what became of the rounds until now.
func (r *Recorder) Status() Status {
	s := Status{Written: r.written.Load(), Missing: r.missing.Load()}
	if err := r.problem.Load(); err != nil {
		s.Err = *err
	}
	return s
}

// Close has what waits written and closes the file. The error says why the last round
// is not in it.
func (r *Recorder) Close() error {
	r.once.Do(func() { close(r.stop) })
	<-r.ended
	return r.Status().Err
}

// run writes what is recorded.
func (r *Recorder) run() {
	defer close(r.ended)
	for {
		select {
		case round := <-r.queue:
			r.write(round)
			continue
		default:
		}
		select {
		case round := <-r.queue:
			r.write(round)
		case <-r.stop:
			if len(r.queue) == 0 {
				r.close()
				return
			}
		}
	}
}

// write appends one line, or notes that it is missing.
func (r *Recorder) write(round control.Round) {
	err := r.append(round)
	before := r.problem.Load()
	switch {
	case err == nil && before != nil:
		r.problem.Store(nil)
		r.o.Logger.Info("rounds are recorded again", "dir", r.dir, "missing", r.missing.Load())
	case err != nil:
		r.missing.Add(1)
		r.problem.Store(&err)
		if before == nil {
			r.o.Logger.Error("rounds cannot be recorded, and are left out", "dir", r.dir, "error", err)
		}
	}
}

// append appends one line.
func (r *Recorder) append(round control.Round) error {
	if r.file == nil {
		if before := r.problem.Load(); before != nil && time.Now().Before(r.retry) {
			return *before
		}
		file, err := r.create(r.dir, r.o)
		if err != nil {
			r.retry = time.Now().Add(pause)
			return err
		}
		r.file, r.size = file, 0
	}
	rec := Of(round)
	missing := r.missing.Load()
	rec.Missing = missing - r.told
	text, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("round of %v at %v: %w", round.Key, rec.Time, err)
	}
	n, err := r.file.Write(append(text, '\n'))
	r.size += int64(n)
	if err != nil {
		// What was written of the line is the end of this file.
		r.close()
		r.retry = time.Now().Add(pause)
		return err
	}
	r.told = missing
	r.written.Add(1)
	if r.size >= r.o.MaxBytes {
		r.close()
	}
	return nil
}

// close ends the file. That it cannot be closed is no news: its lines are written.
func (r *Recorder) close() {
	if r.file != nil {
		_ = r.file.Close()
		r.file = nil
	}
}
