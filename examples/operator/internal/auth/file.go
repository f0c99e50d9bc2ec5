package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
)

const maxFile = 1 << 20 // bytes

// file takes all parameters from a file. It may change without being watched.
func (s reading) file(path string) {
	s.Expire(s.Now().Add(keep))
	fields, err := readFile(s.FileRoot, path)
	if err != nil {
		s.Fail("filePath: ", err)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value, err := fields.Text(name)
		s.Set("filePath: "+path+": ", name, value, err)
	}
}

// readFile reads a JSON file below a directory. No path and no symbolic link
// leads out of it.
func readFile(directory, path string) (store.Fields, error) {
	if directory == "" {
		return nil, errors.New("the operator reads no files: start it with --filepath-auth-root-path")
	}
	root, err := os.OpenRoot(directory)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	content, err := readAll(root.Open(path))
	if err != nil {
		return nil, fmt.Errorf("%s below %s: %w", path, directory, err)
	}
	var fields store.Fields
	if json.Unmarshal(content, &fields) != nil {
		// What package json has to say may quote a secret.
		return nil, fmt.Errorf("%s below %s is not a JSON object of parameters", path, directory)
	}
	return fields, nil
}

// readAll reads a file that was opened, and closes it.
func readAll(file *os.File, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("it has more than %d bytes", maxFile)
	}
	return content, err
}
