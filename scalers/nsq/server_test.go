package nsq_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// servers are nsqlookupd and two nsqd, by their HTTP interfaces.
type servers struct {
	lookupd string
	nsqds   []string
}

// needServers skips the test if there are none.
func needServers(t testing.TB) servers {
	lookupd, nsqds := os.Getenv("SCALERKIT_TEST_NSQ_LOOKUPD"), os.Getenv("SCALERKIT_TEST_NSQ")
	if lookupd == "" || nsqds == "" {
		t.Skip("SCALERKIT_TEST_NSQ_LOOKUPD and SCALERKIT_TEST_NSQ are not set: run make test")
	}
	return servers{lookupd, strings.Split(nsqds, ",")}
}

// web leaves no connections behind.
var web = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// post does something with a topic, and its channel if it is not empty.
func (s servers) post(ctx context.Context, nsqd, path, topic, channel, body string) error {
	query := url.Values{"topic": {topic}}
	if channel != "" {
		query.Set("channel", channel)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+nsqd+path+"?"+query.Encode(), strings.NewReader(body))
	if err != nil {
		return err
	}
	response, err := web.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, response.Status)
	}
	return nil
}

// get decodes an answer.
func get(ctx context.Context, url string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := web.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(into)
}

// set gives the channel workers of a topic so many messages on each nsqd. It
// returns when they have reached it, and nsqlookupd knows of the topic.
func (s servers) set(ctx context.Context, topic string, levels ...int) error {
	for i, level := range levels {
		for _, path := range []string{"/topic/create", "/channel/create", "/channel/empty"} {
			if err := s.post(ctx, s.nsqds[i], path, topic, "workers", ""); err != nil {
				return err
			}
		}
		if level > 0 {
			if err := s.post(ctx, s.nsqds[i], "/mpub", topic, "", strings.Repeat("x\n", level)); err != nil {
				return err
			}
		}
		if err := await(ctx, func() (bool, error) {
			var stats struct {
				Topics []struct {
					Channels []struct {
						Depth int `json:"depth"`
					} `json:"channels"`
				} `json:"topics"`
			}
			err := get(ctx, "http://"+s.nsqds[i]+"/stats?format=json&topic="+url.QueryEscape(topic), &stats)
			return err == nil && stats.Topics[0].Channels[0].Depth == level, err
		}); err != nil {
			return err
		}
	}
	return s.registered(ctx, topic)
}

// registered waits until nsqlookupd knows of a topic on all nsqd.
func (s servers) registered(ctx context.Context, topic string) error {
	return await(ctx, func() (bool, error) {
		var found struct {
			Producers []any `json:"producers"`
		}
		err := get(ctx, "http://"+s.lookupd+"/lookup?topic="+url.QueryEscape(topic), &found)
		return len(found.Producers) == len(s.nsqds), err
	})
}

// await asks until the answer is yes.
func await(ctx context.Context, ask func() (bool, error)) error {
	for {
		if yes, err := ask(); yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}
