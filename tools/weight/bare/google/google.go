// Package google is what the bare programs that ask Google's services have in
// common.
package google

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// Get decodes what a URL has, for who has the key, or for the process if there is
// none.
func Get(ctx context.Context, key, scope, url string, into any) error {
	credentials, err := tokens(ctx, key, scope)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := oauth2.NewClient(ctx, credentials).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer is %s", response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

func tokens(ctx context.Context, key, scope string) (oauth2.TokenSource, error) {
	if key == "" {
		return google.DefaultTokenSource(ctx, scope)
	}
	config, err := google.JWTConfigFromJSON([]byte(key), scope)
	if err != nil {
		return nil, err
	}
	return config.TokenSource(ctx), nil
}

// Newest returns the newest value of the first time series of a project that a
// filter finds in Cloud Monitoring.
func Newest(ctx context.Context, key, project, filter string) (any, error) {
	now := time.Now().UTC()
	parameters := url.Values{
		"filter":             {filter},
		"interval.startTime": {now.Add(-2 * time.Minute).Format(time.RFC3339)},
		"interval.endTime":   {now.Format(time.RFC3339)},
	}
	var list struct {
		TimeSeries []struct {
			Points []struct {
				Value struct {
					Int64Value  string
					DoubleValue float64
				}
			}
		}
	}
	const scope = "https://www.googleapis.com/auth/monitoring.read"
	err := Get(ctx, key, scope, "https://monitoring.googleapis.com/v3/projects/"+project+"/timeSeries?"+parameters.Encode(), &list)
	if err != nil {
		return nil, err
	}
	if len(list.TimeSeries) == 0 || len(list.TimeSeries[0].Points) == 0 {
		return nil, errors.New("no points")
	}
	return list.TimeSeries[0].Points[0].Value, nil
}
