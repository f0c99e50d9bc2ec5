package sources

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"math"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPrometheus(t *testing.T) {
	url := server(t, "SCALERKIT_TEST_PROMETHEUS")
	ca, err := os.ReadFile(server(t, "SCALERKIT_TEST_PROMETHEUS_CA"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(ca))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	t.Cleanup(client.CloseIdleConnections)
	set := func(ctx context.Context, value float64) error { return writeSample(ctx, client, url, value) }
	require.NoError(t, set(t.Context(), 0))
	source{
		trigger: fmt.Sprintf(`type: prometheus, metadata: {
			serverAddress: %q, query: "last_over_time(orders[1h])", threshold: "5", ignoreNullValues: "false", authModes: basic}`, url),
		parameters: map[string]string{"username": user, "password": password, "ca": string(ca)},
		replicas:   20,
		arrive:     func(ctx context.Context) error { return set(ctx, messages) },
		leave:      func(ctx context.Context) error { return set(ctx, 0) },
	}.scales(t)
}

// writeSample gives the series "orders" a value, by the remote write protocol.
func writeSample(ctx context.Context, client *http.Client, url string, value float64) error {
	label := field(1, append(field(1, []byte("__name__")), field(2, []byte("orders"))...))
	sample := binary.LittleEndian.AppendUint64([]byte{1<<3 | 1}, math.Float64bits(value))
	sample = binary.AppendUvarint(append(sample, 2<<3), uint64(time.Now().UnixMilli()))
	message := field(1, append(label, field(2, sample)...))
	// Snappy: the length, and a literal, which has its own.
	body := append([]byte{byte(len(message)), byte(len(message)-1) << 2}, message...)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/v1/write", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.SetBasicAuth(user, password)
	request.Header.Set("Content-Encoding", "snappy")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		return fmt.Errorf("writing a sample: %s", response.Status)
	}
	return nil
}

// field returns a field of a protobuf message, of at most 127 bytes.
func field(number byte, content []byte) []byte {
	return append([]byte{number<<3 | 2, byte(len(content))}, content...)
}
