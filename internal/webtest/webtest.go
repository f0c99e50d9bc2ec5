// Package webtest calls the real servers of tests over HTTP.
package webtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// A Server is a real server. Its methods may be called concurrently.
type Server struct {
	URL string

	header http.Header
	http   *http.Client
}

// New returns the server whose address the environment has under a name. Requests
// to it get the header. Without an address, the test is skipped.
func New(tb testing.TB, variable string, header http.Header) *Server {
	s := &Server{URL: os.Getenv(variable), header: header, http: &http.Client{Transport: new(http.Transport)}}
	if s.URL == "" {
		tb.Skip(variable + " is not set: run make test")
	}
	tb.Cleanup(s.http.CloseIdleConnections)
	return s
}

// Do makes a request and returns the body of the answer. A status that is not one of
// success is an error.
func (s *Server) Do(ctx context.Context, method, path, body string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = s.header.Clone()
	response, err := s.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return answer, err
}
