package kafka

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"time"
)

// tokens signs tokens for MSK IAM. Such a token is the address of a request
// that nobody sends, presigned by Signature Version 4: a few lines, in place
// of the AWS SDK.
func (a AWS) tokens() tokenSource {
	return func(context.Context) (string, error) { return a.token(time.Now()), nil }
}

func (a AWS) token(now time.Time) string {
	const (
		service   = "kafka-cluster"
		lifetime  = "900" // seconds
		ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	)
	host := "kafka." + a.Region + ".amazonaws.com"
	at := now.UTC().Format("20060102T150405Z")
	day := at[:len("20060102")]
	scope := strings.Join([]string{day, a.Region, service, "aws4_request"}, "/")
	query := url.Values{
		"Action":              {service + ":Connect"},
		"X-Amz-Algorithm":     {"AWS4-HMAC-SHA256"},
		"X-Amz-Credential":    {a.AccessKeyID + "/" + scope},
		"X-Amz-Date":          {at},
		"X-Amz-Expires":       {lifetime},
		"X-Amz-SignedHeaders": {"host"},
	}
	if a.SessionToken.IsSet() {
		query.Set("X-Amz-Security-Token", a.SessionToken.Reveal())
	}
	request := strings.Join([]string{"GET", "/", query.Encode(), "host:" + host, "", "host", ofNothing}, "\n")
	hash := sha256.Sum256([]byte(request))
	toSign := strings.Join([]string{"AWS4-HMAC-SHA256", at, scope, hex.EncodeToString(hash[:])}, "\n")
	key := []byte("AWS4" + a.SecretAccessKey.Reveal())
	for _, part := range []string{day, a.Region, service, "aws4_request"} {
		key = sign(key, part)
	}
	query.Set("X-Amz-Signature", hex.EncodeToString(sign(key, toSign)))
	query.Set("User-Agent", clientID)
	return base64.RawURLEncoding.EncodeToString([]byte("https://" + host + "/?" + query.Encode()))
}

func sign(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
