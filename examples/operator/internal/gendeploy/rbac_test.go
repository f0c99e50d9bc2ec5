package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
)

// wildcards are all that there may be: any kind may have a scale subresource,
// and a metric is a resource of any name.
var wildcards = []string{
	"scalerkit-operator: * */scale: get patch",
	"scalerkit-operator-watch: * */scale: get patch",
	"scalerkit-operator-metrics-reader: external.metrics.k8s.io *: get list",
}

func TestNoOtherWildcards(t *testing.T) {
	each(t, func(t *testing.T, _ string, objects rendered) {
		for role, rules := range rules(objects) {
			for _, rule := range rules {
				text := fmt.Sprintf("%s: %s", role, describe(rule))
				require.True(t, !strings.Contains(text, "*") || slices.Contains(wildcards, text), text)
				require.NotContains(t, rule.Verbs, "bind")
				require.NotContains(t, rule.Verbs, "escalate")
				require.NotContains(t, rule.Verbs, "impersonate")
			}
		}
	})
}

// Nothing but its own Secret is ever written, and Secrets elsewhere are read
// only where values say so.
func TestSecrets(t *testing.T) {
	secrets := func(variant string) (got []string) {
		for role, rules := range rules(rendering(t, variant)) {
			for _, rule := range rules {
				if slices.Contains(rule.Resources, "secrets") {
					got = append(got, role+": "+describe(rule))
				}
			}
		}
		slices.Sort(got)
		return got
	}
	own := []string{
		"scalerkit-operator:  secrets: create",
		"scalerkit-operator:  secrets[scalerkit-operator-certs]: get update",
	}
	const references = "scalerkit-operator-references:  secrets configmaps serviceaccounts: get list watch"
	everywhere := "scalerkit-operator:  secrets: get list watch"
	require.Equal(t, []string{own[0], everywhere, own[1]}, secrets("default"))
	require.Equal(t, append([]string{references}, own...), secrets("two namespaces, own secrets"))
	require.Equal(t, append([]string{references}, own...), secrets("references in another namespace"))
	require.Equal(t, []string{everywhere}, secrets("certificates of a Secret"))
}

// With a list of namespaces there is nothing that the operator may do in
// others.
func TestNamespaces(t *testing.T) {
	objects := rendering(t, "two namespaces, own secrets")
	for _, role := range all[*rbacv1.ClusterRole](objects) {
		if role.Name != "scalerkit-operator" {
			continue
		}
		for _, rule := range role.Rules {
			for _, resource := range rule.Resources {
				kind, _, _ := strings.Cut(resource, "/")
				require.Contains(t, []string{"clustertriggerauthentications", "apiservices", "validatingwebhookconfigurations"}, kind)
			}
		}
	}
	var got []string
	for _, role := range all[*rbacv1.Role](objects) {
		got = append(got, role.Namespace+"/"+role.Name)
	}
	slices.Sort(got)
	require.Equal(t, []string{
		"mail/scalerkit-operator-watch", "scalerkit/scalerkit-operator", "scalerkit/scalerkit-operator-references",
		"shop/scalerkit-operator-token-scaler", "shop/scalerkit-operator-watch",
	}, got)
}

// Every role is bound, but for those that users get, and every binding is of a
// role that is there.
func TestEveryRoleIsBound(t *testing.T) {
	each(t, func(t *testing.T, _ string, objects rendered) {
		bound := map[string]bool{}
		for _, b := range all[*rbacv1.ClusterRoleBinding](objects) {
			require.NotEmpty(t, b.Subjects)
			bound["/"+b.RoleRef.Name] = true
		}
		for _, b := range all[*rbacv1.RoleBinding](objects) {
			require.NotEmpty(t, b.Subjects)
			bound[b.Namespace+"/"+b.RoleRef.Name] = true
		}
		delete(bound, "kube-system/extension-apiserver-authentication-reader") // the API server's

		there := map[string]bool{}
		for _, role := range all[*rbacv1.ClusterRole](objects) {
			if role.Labels["rbac.authorization.k8s.io/aggregate-to-admin"] == "" {
				there["/"+role.Name] = true
			}
		}
		for _, role := range all[*rbacv1.Role](objects) {
			there[role.Namespace+"/"+role.Name] = true
		}
		require.Equal(t, there, bound)
	})
}

// rules returns those of all roles, by the role's name.
func rules(objects rendered) map[string][]rbacv1.PolicyRule {
	byRole := map[string][]rbacv1.PolicyRule{}
	for _, role := range all[*rbacv1.ClusterRole](objects) {
		byRole[role.Name] = append(byRole[role.Name], role.Rules...)
	}
	for _, role := range all[*rbacv1.Role](objects) {
		byRole[role.Name] = append(byRole[role.Name], role.Rules...)
	}
	return byRole
}

// describe returns a rule on one line.
func describe(rule rbacv1.PolicyRule) string {
	text := strings.Join(rule.APIGroups, " ") + " " + strings.Join(rule.Resources, " ")
	if len(rule.ResourceNames) > 0 {
		text += fmt.Sprint(rule.ResourceNames)
	}
	return text + ": " + strings.Join(rule.Verbs, " ")
}
