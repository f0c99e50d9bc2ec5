package cluster

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// KubeconfigOf writes a configuration for a client that may do what a
// ServiceAccount may, and returns its path.
func (c *Cluster) KubeconfigOf(ctx context.Context, namespace, account string) (string, error) {
	client, err := kubernetes.NewForConfig(c.config)
	if err != nil {
		return "", err
	}
	seconds := int64(24 * 60 * 60)
	token, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("a token of the ServiceAccount %s/%s: %w", namespace, account, err)
	}
	path := c.path(namespace + "-" + account + ".kubeconfig")
	return path, clientcmd.WriteToFile(c.kubeconfig(c.config.CAData, &api.AuthInfo{Token: token.Status.Token}), path)
}

// kubeconfig returns the configuration of a user.
func (c *Cluster) kubeconfig(ca []byte, user *api.AuthInfo) api.Config {
	const name = "e2e"
	return api.Config{
		Clusters: map[string]*api.Cluster{name: {
			Server:                   c.url(APIServer),
			CertificateAuthorityData: ca,
		}},
		AuthInfos:      map[string]*api.AuthInfo{name: user},
		Contexts:       map[string]*api.Context{name: {Cluster: name, AuthInfo: name}},
		CurrentContext: name,
	}
}
