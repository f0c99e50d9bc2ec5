package azureservicebus

import (
	"time"

	"github.com/scalerkit/scalerkit"
)

// Sign returns a signature that is valid for a while.
func Sign(address, keyName, key string) string {
	return sign(address, keyName, scalerkit.NewSecret(key), time.Now().Add(time.Hour))
}
