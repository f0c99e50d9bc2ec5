// Package awssecrets reads secrets from AWS Secrets Manager, with an access key
// or by pod identity.
//
// Parameters that are fields of one secret cost one request.
package awssecrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/internal/aws"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const atATime = 4 // requests

// A Config says which secrets to read, and who asks: Identity if that is
// set, and otherwise the access key.
type Config struct {
	Region                                     string
	Endpoint                                   string // URL in place of Amazon's for the region; empty otherwise
	Secrets                                    []v1alpha1.AwsSecretManagerSecret
	AccessKeyID, SecretAccessKey, SessionToken scalerkit.Secret
	Identity                                   scalerkit.Identity
	Client                                     *http.Client // see [store.NewClient]
}

// A Manager has the secrets of one Config. It is not for concurrent use.
type Manager struct {
	Config
	session *aws.Session
	client  *secretsmanager.Client
}

// New returns a Manager. It does no I/O.
func New(c Config) *Manager {
	account := aws.Account{
		Region:          c.Region,
		Endpoint:        c.Endpoint,
		Identity:        c.Identity,
		AccessKeyID:     c.AccessKeyID.Reveal(),
		SecretAccessKey: c.SecretAccessKey,
		SessionToken:    c.SessionToken,
	}
	session := account.Key().Open(scalerkit.Options{HTTPClient: c.Client})
	return &Manager{Config: c, session: session, client: secretsmanager.NewFromConfig(session.Config)}
}

// A version of a secret.
type version struct{ name, id, stage string }

// Read returns all secrets. The error has the reason for each that cannot be
// read.
func (m *Manager) Read(ctx context.Context) (store.Answer, error) {
	texts := make(map[version]*answer)
	var order []version
	for _, s := range m.Secrets {
		v := version{s.Name, s.VersionID, s.VersionStage}
		if texts[v] == nil {
			texts[v] = new(answer)
			order = append(order, v)
		}
	}
	each.Do(len(order), atATime, func(i int) { *texts[order[i]] = m.get(ctx, order[i]) })

	values := make(map[string]string, len(m.Secrets))
	var problems []error
	for _, s := range m.Secrets {
		text, err := texts[version{s.Name, s.VersionID, s.VersionStage}].field(s.SecretKey)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: secret %s: %w", s.Parameter, s.Name, err))
		}
		values[s.Parameter] = text
	}
	return store.Answer{Values: values}, errors.Join(problems...)
}

type answer struct {
	text string
	err  error
}

func (m *Manager) get(ctx context.Context, v version) answer {
	ask := &secretsmanager.GetSecretValueInput{SecretId: &v.name}
	if v.id != "" {
		ask.VersionId = &v.id
	}
	if v.stage != "" {
		ask.VersionStage = &v.stage
	}
	response, err := m.client.GetSecretValue(ctx, ask)
	switch {
	case err != nil:
		return answer{err: m.session.Explain(err)}
	case response.SecretString == nil && response.SecretBinary == nil:
		return answer{err: errors.New("it has no value")}
	case response.SecretString == nil:
		return answer{text: string(response.SecretBinary)}
	}
	return answer{text: sdk.ToString(response.SecretString)}
}

// field returns a field of the secret, or all of it if key is empty.
func (a *answer) field(key string) (string, error) {
	if a.err != nil || key == "" {
		return a.text, a.err
	}
	var fields store.Fields
	if json.Unmarshal([]byte(a.text), &fields) != nil {
		return "", fmt.Errorf("it is not a JSON object, so it has no key %q", key)
	}
	return fields.Text(key)
}
