// Package azurequeue reads the length of a queue with the HTTP client alone, by
// the URL, name and key of an account or, without a key, by workload identity.
package azurequeue

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit/tools/weight/bare/azureapi"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	request, err := Request(ctx, http.MethodGet, "?comp=metadata", "\ncomp:metadata", args)
	if err != nil {
		return nil, err
	}
	header, _, err := azureapi.Send(request)
	return header.Get("x-ms-approximate-messages-count"), err
}

// Request returns a request about the queue, with a query that signatures have
// in another form.
func Request(ctx context.Context, method, query, signed string, args []string) (*http.Request, error) {
	fields := make(map[string]string)
	for field := range strings.SplitSeq(args[0], ";") {
		name, value, _ := strings.Cut(field, "=")
		fields[name] = value
	}
	request, err := http.NewRequestWithContext(ctx, method, fields["QueueEndpoint"]+"/"+program.Name+query, http.NoBody)
	if err != nil {
		return nil, err
	}
	const version = "2021-12-02"
	date := time.Now().UTC().Format(http.TimeFormat)
	request.Header.Set("x-ms-version", version)
	request.Header.Set("x-ms-date", date)
	key, err := base64.StdEncoding.DecodeString(fields["AccountKey"])
	if err != nil || len(key) == 0 {
		return request, azureapi.Authorize(request, "https://storage.azure.com/.default")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(method + strings.Repeat("\n", 12) + "x-ms-date:" + date + "\nx-ms-version:" + version + "\n/" + fields["AccountName"] + request.URL.Path + signed))
	request.Header.Set("Authorization", "SharedKey "+fields["AccountName"]+":"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return request, nil
}
