package keda

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// roleAnnotation is how a service account says which role of AWS it has.
const roleAnnotation = "eks.amazonaws.com/role-arn"

// identity returns the identity that is asked for. If it is the workload's, its
// service account has to have a role, if that is needed.
func (s *resolution) identity(ctx context.Context, asked *v1alpha1.AuthPodIdentity, needRole bool) (scalerkit.Identity, error) {
	if !isSet(asked) {
		return scalerkit.Identity{}, nil
	}
	identity := scalerkit.Identity{
		Provider:      string(asked.Provider),
		ID:            text(asked.IdentityID),
		TenantID:      text(asked.IdentityTenantID),
		AuthorityHost: text(asked.IdentityAuthorityHost),
		RoleARN:       text(asked.RoleArn),
		ExternalID:    text(asked.ExternalID),
		Owner:         text(asked.IdentityOwner),
	}
	var err error
	switch asked.Provider {
	case v1alpha1.PodIdentityProviderAwsEKS:
		if needRole {
			identity.RoleARN, err = s.workloadRole(ctx)
		}
	case v1alpha1.PodIdentityProviderAws:
		if identity.Owner == v1alpha1.IdentityOwnerWorkload {
			identity.RoleARN, err = s.workloadRole(ctx)
		}
	}
	return identity, err
}

// isSet reports whether any identity is asked for.
func isSet(asked *v1alpha1.AuthPodIdentity) bool {
	return asked != nil && asked.Provider != "" && asked.Provider != v1alpha1.PodIdentityProviderNone
}

func text(pointer *string) string {
	if pointer == nil {
		return ""
	}
	return *pointer
}

// workloadRole returns the role that the service account of the workload has.
func (s *resolution) workloadRole(ctx context.Context) (string, error) {
	if s.owner.Pod == nil {
		return "", errors.New("the workload has no pod template that can be read, and so no service account that is known")
	}
	ref := Ref{"ServiceAccount", s.owner.Namespace, cmp.Or(s.owner.Pod.Spec.ServiceAccountName, "default")}
	var account corev1.ServiceAccount
	if err := s.reader.get(ctx, ref, &account); err != nil {
		return "", err
	}
	role := account.Annotations[roleAnnotation]
	if role == "" {
		return "", fmt.Errorf("%s has no role: annotate it with %s", ref, roleAnnotation)
	}
	return role, nil
}
