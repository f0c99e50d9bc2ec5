// Package huaweicloudeye reads a metric with an HTTP client alone.
package huaweicloudeye

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	now := time.Now().UTC()
	body, err := json.Marshal(map[string]any{
		"metrics": []any{map[string]any{
			"namespace": program.Name, "metric_name": program.Name,
			"dimensions": []any{map[string]string{"name": program.Name, "value": program.Name}},
		}},
		"from": now.Add(-5 * time.Minute).UnixMilli(), "to": now.UnixMilli(), "period": "300", "filter": "average",
	})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, args[0]+"/V1.0/"+program.Name+"/batch-query-metric-data", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	sign(r, body, program.Name, program.Name, now.Format("20060102T150405Z"))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var answer struct {
		Metrics []struct{ Datapoints []struct{ Average float64 } }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if len(answer.Metrics) == 0 || len(answer.Metrics[0].Datapoints) == 0 {
		return nil, errors.New("no data points")
	}
	return answer.Metrics[0].Datapoints[0].Average, nil
}

func sign(r *http.Request, body []byte, access, secret, date string) {
	canonical := fmt.Sprintf("%s\n%s/\n\nhost:%s\nx-sdk-date:%s\n\nhost;x-sdk-date\n%x", r.Method, r.URL.EscapedPath(), r.URL.Host, date, sha256.Sum256(body))
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "SDK-HMAC-SHA256\n%s\n%x", date, sha256.Sum256([]byte(canonical))) // a hash takes everything
	r.Header.Set("X-Sdk-Date", date)
	r.Header.Set("Authorization", "SDK-HMAC-SHA256 Access="+access+", SignedHeaders=host;x-sdk-date, Signature="+hex.EncodeToString(mac.Sum(nil)))
}
