// Package external scales by external scalers: servers of one's own that speak
// KEDA's gRPC protocol (KEDA's trigger types external and external-push). Each
// that was written for KEDA works as it is. Package server makes one of any
// scalerkit.Scaler.
//
// # What is read
//
// A reading asks for GetMetricSpec and IsActive side by side, and then for
// GetMetrics of each metric that there is. IsActive alone decides whether the
// trigger is active. A float counts where it is not 0, and the deprecated integer
// otherwise; of several values of one metric, the sum counts, as with the HPA.
//
// A trigger is one metric, whose target the server states anew with each reading.
// If the server has several, the one that calls for most replicas is the reading:
// the one with the largest quotient of value and target. That is what the HPA would
// make of them. The HPA's metric is named after the address, and not as the
// server names its own.
//
// A negative value counts as 0, with a Note. A call that fails, a metric without a
// value or a target, and a value that is no finite number are errors.
//
// # What the server is told
//
// The name and the namespace of the object, and all keys of its metadata. A key
// that ends in FromEnv keeps its name and has the value of the variable; it is left
// out if that is empty or not set. Nothing from the authentication is sent: that has
// the certificates alone.
//
// # Pushes
//
// A trigger of type external-push is a Watcher. StreamIsActive wakes it whenever the
// server says that it is active, and StreamMetricSpec whenever targets change, if
// the server implements that. A push only brings the next reading forward,
// for which GetMetricSpec is asked as always. If StreamIsActive is not implemented,
// or a stream is lost, Watch ends with an error; readings go on without it, and
// whoever runs the Watcher begins it again, after longer and longer pauses. With
// KEDA, ScaledJobs do without pushes; here they do not.
//
// # Connections
//
// Triggers with equal connection settings share one connection, if they are given
// the same scalerkit.Pool: thousands of them are read over it, 32 at a time. A name
// that stands for several addresses has a connection to each, among which calls are
// shared out, as with KEDA: behind a headless Service, that are all replicas. If the
// program has a Dial, names are its affair, unless the address begins with dns:///.
// A connection that does not get through is replaced at the next reading, and so is
// one that has fallen silent: one over which nothing came until the deadline of a
// reading. Every call has that deadline; if the caller has none, it is 30 seconds.
//
// # TLS
//
// TLS is on with enableTLS, caCert or tlsClientCert. The certificates are PEM texts
// in the authentication. KEDA's documentation has them in the metadata, where
// KEDA does not look for them, nor does this package, but it says so.
//
// # Dependencies
//
// The client is google.golang.org/grpc, which is what the protocol is made of. The
// few messages are written by hand, on google.golang.org/protobuf/encoding/protowire,
// so that nothing is registered under the names of KEDA's own.
package external
