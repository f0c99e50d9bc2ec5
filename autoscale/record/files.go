package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The name of a file. Names sort as their times do.
const (
	prefix = "rounds-"
	suffix = ".jsonl"
	layout = "20060102T150405.000000Z"
)

// Files returns the files of rounds in a directory, the oldest first.
func Files(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if name := e.Name(); e.Type().IsRegular() && strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix) {
			files = append(files, filepath.Join(dir, name))
		}
	}
	return files, nil
}

// create begins a file, and makes room for it.
func create(dir string, o Options) (io.WriteCloser, error) {
	files, err := Files(dir)
	if err != nil {
		return nil, err
	}
	for len(files) >= o.MaxFiles {
		if err := os.Remove(files[0]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		files = files[1:]
	}
	now := time.Now().UTC().Format(layout)
	for i := 0; ; i++ {
		// Another process may have begun one at the same time.
		name := filepath.Join(dir, fmt.Sprintf("%s%s-%d%s", prefix, now, i, suffix))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// longestLine is how long a line may be. One is a thousandth of it.
const longestLine = 16 << 20

// Read reads rounds as a Recorder has written them, in their order. A last line
// without an end is torn, and left out. An error names the line; what follows it can
// still be read, unless it is one of r itself, after which nothing follows.
func Read(r io.Reader) iter.Seq2[Round, error] {
	return func(yield func(Round, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, longestLine)
		lines.Split(wholeLines)
		n := 0
		for lines.Scan() {
			n++
			round, err := parse(lines.Bytes())
			if err != nil {
				err = fmt.Errorf("line %d: %w", n, err)
			}
			if !yield(round, err) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(Round{}, fmt.Errorf("line %d: %w", n+1, err))
		}
	}
}

// ReadDir reads the rounds of all files in a directory, the oldest first. An error
// names the file and the line.
func ReadDir(dir string) iter.Seq2[Round, error] {
	return func(yield func(Round, error) bool) {
		files, err := Files(dir)
		if err == nil && len(files) == 0 {
			err = fmt.Errorf("%s has no file %s*%s", dir, prefix, suffix)
		}
		if err != nil {
			yield(Round{}, err)
			return
		}
		for _, file := range files {
			if !readFile(file, yield) {
				return
			}
		}
	}
}

// readFile says whether to go on.
func readFile(file string, yield func(Round, error) bool) bool {
	f, err := os.Open(file)
	if err != nil {
		return yield(Round{}, err)
	}
	defer f.Close()
	for round, err := range Read(f) {
		if err != nil {
			err = fmt.Errorf("%s: %w", file, err)
		}
		if !yield(round, err) {
			return false
		}
	}
	return true
}

// wholeLines is bufio.ScanLines without a last line that has no end.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF {
		return len(data), nil, nil
	}
	return 0, nil, nil
}

// parse reads one line.
func parse(text []byte) (Round, error) {
	var round Round
	if err := json.Unmarshal(text, &round); err != nil {
		return Round{}, err
	}
	if round.Version != Version {
		return Round{}, fmt.Errorf("its version is %d, and only %d is known", round.Version, Version)
	}
	return round, nil
}
