// Package metricsapi reads a number from what an HTTP endpoint answers.
//
// # Where the number is
//
// valueLocation says where, in the words of the format:
//
//   - json: a path of GJSON, such as queues.#(name=="orders").length.
//   - yaml: names of a mapping with dots between, and numbers from 0 for places
//     in a list, such as queues.0.length.
//   - xml: names of elements with dots between, of which that of the outermost
//     may be left out, and @name for an attribute at the end: queue.length,
//     queue.@length. It is the first such element.
//   - prometheus: a selector, such as queue_length{name="orders"}, with all of
//     PromQL's matchers. If several samples match, the first counts, and the
//     Note says so.
//
// The number may be a text that Kubernetes reads as a quantity, such as 1500m or
// 2Ki. What is not there is scalerkit.ErrNotFound, and anything but a number is
// an error, as is one below zero: an endpoint that says -1 does not know.
//
// Triggers on one URL share its answer, whatever they look for in it.
//
// # All endpoints of a Service
//
// With aggregateFromKubeServiceEndpoints, the host in the URL is that of a
// Service, as in http://orders.shop.svc:8080/metrics, and each of its endpoints
// that are ready is asked, five at a time, with the path and the parameters of the
// URL. Which they are, the program's Lookup says. One endpoint that fails is an
// error: half an answer is no answer. With https, their certificates have to be
// good for their addresses.
//
// # Differences from KEDA
//
//   - xml is read; the modes custom and oauth authenticate, and ca counts without
//     the mode tls.
//   - Matchers other than = mean what they mean in PromQL, and a sample of a
//     histogram or summary is read by its own name.
//   - A path in yaml that leads beyond a number is an error.
//   - Of the endpoints of a Service all have to answer, ports are the Service's
//     own, and parameters of the URL stay.
//   - A number below zero is an error and not 0.
package metricsapi
