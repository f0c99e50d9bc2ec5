package keda

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const accounts = `
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: shop, name: worker, annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::123456789012:role/worker"}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: shop, name: default}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: id}
spec: {}
`

const workerRole = "arn:aws:iam::123456789012:role/worker"

// identity makes the TriggerAuthentication id ask for an identity.
func (c *cluster) identity(t *testing.T, asked *v1alpha1.AuthPodIdentity) {
	ta := &v1alpha1.TriggerAuthentication{ObjectMeta: meta("shop", "id"), Spec: v1alpha1.TriggerAuthenticationSpec{PodIdentity: asked}}
	c.put(ta)
}

// account makes the workload have a service account.
func (c *cluster) account(name string) {
	c.owner.Pod = &corev1.PodTemplateSpec{Spec: corev1.PodSpec{ServiceAccountName: name}}
}

func pointer(text string) *string { return &text }

func TestIdentities(t *testing.T) {
	for name, c := range map[string]struct {
		asked *v1alpha1.AuthPodIdentity
		want  scalerkit.Identity
		refs  []Ref // besides the authentication
	}{
		"none asked for": {},
		"none":           {asked: &v1alpha1.AuthPodIdentity{Provider: "none", IdentityOwner: pointer("keda")}},
		"gcp":            {asked: &v1alpha1.AuthPodIdentity{Provider: "gcp"}, want: scalerkit.Identity{Provider: "gcp"}},
		"azure-workload": {asked: &v1alpha1.AuthPodIdentity{Provider: "azure-workload"}, want: scalerkit.Identity{Provider: "azure-workload"}},
		"azure-workload, all": {
			asked: &v1alpha1.AuthPodIdentity{Provider: "azure-workload", IdentityID: pointer("i"), IdentityTenantID: pointer("t"), IdentityAuthorityHost: pointer("https://a")},
			want:  scalerkit.Identity{Provider: "azure-workload", ID: "i", TenantID: "t", AuthorityHost: "https://a"},
		},
		"aws": {asked: &v1alpha1.AuthPodIdentity{Provider: "aws"}, want: scalerkit.Identity{Provider: "aws"}},
		"aws, a role": {
			asked: &v1alpha1.AuthPodIdentity{Provider: "aws", RoleArn: pointer("r"), ExternalID: pointer("e"), IdentityOwner: pointer("keda")},
			want:  scalerkit.Identity{Provider: "aws", RoleARN: "r", ExternalID: "e", Owner: "keda"},
		},
		"aws, the workload's": {
			asked: &v1alpha1.AuthPodIdentity{Provider: "aws", IdentityOwner: pointer("workload")},
			want:  scalerkit.Identity{Provider: "aws", RoleARN: workerRole, Owner: "workload"},
			refs:  []Ref{{Kind: "ServiceAccount", Namespace: "shop", Name: "worker"}},
		},
		"aws-eks": {
			asked: &v1alpha1.AuthPodIdentity{Provider: "aws-eks"},
			want:  scalerkit.Identity{Provider: "aws-eks", RoleARN: workerRole},
			refs:  []Ref{{Kind: "ServiceAccount", Namespace: "shop", Name: "worker"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := newCluster(t, accounts)
			cluster.identity(t, c.asked)
			cluster.account("worker")
			resolved := cluster.resolve(t, using("id"))
			require.Equal(t, c.want, resolved.Spec.Identity)
			require.Equal(t, append([]Ref{{Kind: "TriggerAuthentication", Namespace: "shop", Name: "id"}}, c.refs...), resolved.Refs)
		})
	}
}

func TestWorkloadWithoutRole(t *testing.T) {
	c := newCluster(t, accounts)
	for _, asked := range []*v1alpha1.AuthPodIdentity{{Provider: "aws-eks"}, {Provider: "aws", IdentityOwner: pointer("workload")}} {
		c.identity(t, asked)
		c.account("")
		require.Equal(t, `redis trigger "orders": TriggerAuthentication shop/id: podIdentity: ServiceAccount shop/default has no role: annotate it with eks.amazonaws.com/role-arn`,
			c.fail(t, using("id")))
		c.account("none")
		require.Equal(t, `redis trigger "orders": TriggerAuthentication shop/id: podIdentity: ServiceAccount shop/none does not exist`, c.fail(t, using("id")))
		c.owner.Pod = nil
		require.Equal(t, `redis trigger "orders": TriggerAuthentication shop/id: podIdentity: the workload has no pod template that can be read, and so no service account that is known`,
			c.fail(t, using("id")))
	}
}

func TestOperatorAsksInPlaceOfTheWorkload(t *testing.T) {
	c := newCluster(t, accounts)
	c.identity(t, &v1alpha1.AuthPodIdentity{Provider: "aws-eks"})
	trigger := using("id")
	trigger.Metadata["identityOwner"] = "operator"
	require.Equal(t, scalerkit.Identity{Provider: "aws-eks"}, c.resolve(t, trigger).Spec.Identity)
}
