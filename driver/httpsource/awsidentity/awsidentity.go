// Package awsidentity signs requests to sources behind Amazon's gates, such as
// its managed Prometheus, with Signature Version 4. It links the AWS SDK.
//
// Who asks is the first that applies of these: the podIdentity of provider aws
// with its role, or the role in awsRoleArn, or as the process itself; the process
// itself, for the identityOwner "operator"; the role of a podIdentity of provider
// aws-eks or in awsRoleArn; the access key. As the process itself means with what
// the default chain of Amazon's SDK finds in its environment.
package awsidentity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/aws"
)

// Identities returns Amazon's.
func Identities() httpsource.Identities {
	return httpsource.Identities{httpsource.ProviderAWS: opener}
}

func opener(p httpsource.Platform, audience httpsource.Audience, options scalerkit.Options) (httpsource.Opener, error) {
	account := aws.Account{
		Region: p.AWS.Region, Identity: p.Identity, IdentityOwner: p.AWS.IdentityOwner, RoleARN: p.AWS.RoleARN,
		AccessKeyID: p.AWS.AccessKeyID, SecretAccessKey: p.AWS.SecretAccessKey, SessionToken: p.AWS.SessionToken,
	}
	if err := account.Check(); err != nil {
		return nil, err
	}
	return func() httpsource.Authenticator {
		return &signer{session: account.Key().Open(options), signer: v4.NewSigner(), region: p.AWS.Region, service: audience.Service}
	}, nil
}

type signer struct {
	session         *aws.Session
	signer          *v4.Signer
	region, service string
	last            atomic.Pointer[sdk.Credentials] // that were used
}

// Authorize implements httpsource.Authenticator.
func (s *signer) Authorize(ctx context.Context, r *http.Request) error {
	credentials, err := s.session.Credentials(ctx)
	if err != nil {
		return err
	}
	s.last.Store(&credentials)
	hash, err := hashOf(r)
	if err != nil {
		return err
	}
	if err := s.signer.SignHTTP(ctx, credentials, r, hash, s.service, s.region, time.Now()); err != nil {
		return fmt.Errorf("sign the request: %w", err)
	}
	return nil
}

// hashOf returns the hash of a request's body, which stays as it is.
func hashOf(r *http.Request) (string, error) {
	hash := sha256.New()
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return "", err
		}
		defer body.Close()
		if _, err := io.Copy(hash, body); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// Secrets returns what is to be kept out of errors.
func (s *signer) Secrets() []string {
	if last := s.last.Load(); last != nil {
		return []string{last.SessionToken, last.SecretAccessKey}
	}
	return nil
}

// Refused has the credentials fetched anew: they may have been renewed where
// they come from.
func (s *signer) Refused(*http.Response) { s.session.Forget() }

// Close ends the fetching of credentials.
func (s *signer) Close() error { return s.session.Close() }
