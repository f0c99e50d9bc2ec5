// Package githubrunner lists the queued workflow runs of a repository with the HTTP
// client alone, with a token or, given a key, as a GitHub App.
package githubrunner

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/scalerkit/scalerkit/tools/weight/bare/saas"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	token := args[1]
	if args[2] != "" {
		key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(args[2]))
		if err != nil {
			return nil, err
		}
		claims := jwt.RegisteredClaims{Issuer: args[1], ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Minute))}
		if token, err = jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(key); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0]+"/repos/shop/orders/actions/runs?status=queued", http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	body, err := saas.Do(request, args[3], args[4])
	if err != nil {
		return nil, err
	}
	var answer struct {
		Total int `json:"total_count"`
	}
	err = json.Unmarshal(body, &answer)
	return answer.Total, err
}
