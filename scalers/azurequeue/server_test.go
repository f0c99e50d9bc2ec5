package azurequeue_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/azure/storage/storagetest"
	"github.com/scalerkit/scalerkit/scalers/azurequeue"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A server fills the queues of a real one.
type server struct {
	azure.Account
	connection string
	http       *http.Client
	made       map[string]bool
}

func newServer(tb testing.TB) *server {
	connection := os.Getenv("SCALERKIT_TEST_AZURITE")
	if connection == "" {
		tb.Skip("SCALERKIT_TEST_AZURITE is not set: run make test")
	}
	account, err := azure.ParseAccount(scalerkit.NewSecret(connection), azure.Queue)
	require.NoError(tb, err)
	s := &server{Account: account, connection: connection, http: &http.Client{Transport: new(http.Transport)}, made: make(map[string]bool)}
	tb.Cleanup(s.http.CloseIdleConnections)
	return s
}

func (s *server) do(ctx context.Context, method, path, body string) error {
	r, err := http.NewRequestWithContext(ctx, method, s.URL+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("x-ms-version", "2021-12-02")
	r.Header.Set("x-ms-date", time.Now().UTC().Format(http.TimeFormat))
	r.Header.Set("Authorization", "SharedKey "+s.Name+":"+storagetest.Sign(r, s.Name, s.Key.Reveal()))
	response, err := s.http.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode > 299 {
		return fmt.Errorf("%s %s: %s", method, path, response.Status)
	}
	return nil
}

// set makes a queue have this many messages.
func (s *server) set(ctx context.Context, queue string, n int) error {
	if !s.made[queue] {
		s.made[queue] = true
		if err := s.do(ctx, http.MethodPut, queue, ""); err != nil {
			return err
		}
	}
	if err := s.do(ctx, http.MethodDelete, queue+"/messages", ""); err != nil {
		return err
	}
	for range n {
		if err := s.do(ctx, http.MethodPost, queue+"/messages", "<QueueMessage><MessageText>x</MessageText></QueueMessage>"); err != nil {
			return err
		}
	}
	return nil
}

func withConnection(connection string) scalerkit.Spec {
	return scalerkit.Spec{Auth: scalerkit.Secrets(values{"connection": connection})}
}

func (s *server) denied() scalerkit.Spec {
	return withConnection(strings.Replace(s.connection, s.Key.Reveal(), storagetest.Wrong, 1))
}

func TestSuiteOnServer(t *testing.T) {
	const strategy = azurequeue.VisibleOnly // which takes both kinds of request
	scalertest.Suite{Driver: azurequeue.Driver(), Start: func(tb testing.TB) scalertest.Source {
		s := newServer(tb)
		source := source(strategy, withConnection(s.connection), s.denied(), fmt.Sprintf("q%d-", time.Now().UnixNano()), s.set)
		source.Secrets = []string{s.Key.Reveal(), storagetest.Wrong}
		source.Levels = []float64{0, 1, 3, 33} // every message has to be sent
		return source
	}}.Run(t)
}

func TestWhatTheServerCounts(t *testing.T) {
	s := newServer(t)
	queue := fmt.Sprintf("q%d", time.Now().UnixNano())
	want := func(strategy string, value float64) {
		t.Helper()
		scaler, err := azurequeue.Driver().Open(trigger(withConnection(s.connection), strategy, queue), scalerkit.Options{})
		require.NoError(t, err)
		defer scaler.Close()
		scalertest.WantValue(t, scaler, value)
	}
	require.NoError(t, s.set(t.Context(), queue, 5))
	require.NoError(t, s.do(t.Context(), http.MethodGet, queue+"/messages?numofmessages=2&visibilitytimeout=600", ""))
	want(azurequeue.All, 5)
	want(azurequeue.VisibleOnly, 3)
	require.NoError(t, s.set(t.Context(), queue, 40))
	require.NoError(t, s.do(t.Context(), http.MethodGet, queue+"/messages?numofmessages=2&visibilitytimeout=600", ""))
	want(azurequeue.VisibleOnly, 40)
}
