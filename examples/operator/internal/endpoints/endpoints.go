// Package endpoints finds the endpoints of Services, for triggers that ask all of
// them.
package endpoints

import (
	"context"
	"fmt"
	"net"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/scalers/metricsapi"
)

// Lookup returns what finds the endpoints that are ready, or do not say. The port
// is one of the Service, or, as in KEDA, one that its endpoints listen at. It
// reads the Service and its EndpointSlices each time.
func Lookup(reader client.Reader) metricsapi.Lookup {
	return func(ctx context.Context, namespace, name string, port int) ([]string, error) {
		var service corev1.Service
		if err := reader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &service); err != nil {
			return nil, err
		}
		var slices discoveryv1.EndpointSliceList
		if err := reader.List(ctx, &slices, client.InNamespace(namespace), client.MatchingLabels{discoveryv1.LabelServiceName: name}); err != nil {
			return nil, err
		}
		var addresses []string
		found := false
		for _, s := range slices.Items {
			number := portOf(&service, &s, port)
			if number == 0 {
				continue
			}
			found = true
			for _, e := range s.Endpoints {
				if e.Conditions.Ready != nil && !*e.Conditions.Ready {
					continue
				}
				for _, address := range e.Addresses {
					addresses = append(addresses, net.JoinHostPort(address, strconv.Itoa(number)))
				}
			}
		}
		if !found && len(slices.Items) > 0 {
			return nil, fmt.Errorf("it has no port %d", port)
		}
		return addresses, nil
	}
}

// portOf returns where the endpoints of a slice listen for a port, 0 if they do
// not.
func portOf(service *corev1.Service, slice *discoveryv1.EndpointSlice, port int) int {
	for _, p := range service.Spec.Ports {
		for _, target := range slice.Ports {
			if int(p.Port) == port && target.Port != nil && (target.Name == nil && p.Name == "" || target.Name != nil && *target.Name == p.Name) {
				return int(*target.Port)
			}
		}
	}
	for _, target := range slice.Ports {
		if target.Port != nil && int(*target.Port) == port {
			return port
		}
	}
	return 0
}
