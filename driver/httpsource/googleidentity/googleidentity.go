// Package googleidentity authenticates to sources in Google's cloud, such as its
// managed Prometheus: with the key of a service account that a trigger has, or
// for a podIdentity of provider gcp with the default credentials of the process,
// which are a file that GOOGLE_APPLICATION_CREDENTIALS names, that of gcloud, or
// the metadata service of the machine.
//
// A trigger's key is asked for as a service account only: other kinds of
// credentials name files, programs and hosts of their author's choice.
package googleidentity

import (
	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/gcp"
)

// Identities returns Google's.
func Identities() httpsource.Identities {
	return httpsource.Identities{httpsource.ProviderGoogle: opener}
}

func opener(p httpsource.Platform, audience httpsource.Audience, options scalerkit.Options) (httpsource.Opener, error) {
	who := gcp.Principal{Identity: p.Identity, Key: p.GoogleCredentials}
	if err := who.Check(options); err != nil {
		return nil, scalerkit.ConfigError{Key: "GoogleApplicationCredentials", Problem: err.Error()}
	}
	return func() httpsource.Authenticator { return who.Authenticator(audience.Scope, options) }, nil
}
