// Package kubernetes scales by the pods in a namespace, or by a number in a ConfigMap
// or Secret (KEDA's trigger types kubernetes-workload and kubernetes-resource).
//
// # The cluster
//
// A client of Kubernetes is the program's own: it brings a [Cluster]. The operator
// in examples/operator has one. Where there is none, triggers open, so that they can
// be checked anywhere, and readings fail.
//
// What is asked about is in the namespace of the object that the trigger is for, and
// in "default" if that has none. It is watched: from the first reading of the
// first trigger on it until the last of them is closed, so that a reading is of what
// is known and costs the API server nothing. A watch that is lost is an error until
// it is begun anew, by the next reading.
//
// # Pods
//
// A trigger of type kubernetes-workload counts the pods that a selector matches, or
// with groupByNode the nodes that they are on. Pods that have succeeded or failed do
// not count. Those that are pending or terminating do, whether they are ready or
// not, and whoever made them: a selector that matches the pods of the workload that
// is scaled makes it follow itself. No pod is 0, and no error.
//
// # A number in a ConfigMap or Secret
//
// A trigger of type kubernetes-resource reads the text under a key of data. As a
// number it may have white space around it, and nothing else; with the valueType
// quantity, it may be one of Kubernetes, such as 1500m or 2Ki. In json and yaml, a
// valueLocation says where it is: for json a path of GJSON such as
// queues.#(name=="orders").length; for yaml names of a mapping with dots between, and
// numbers from 0 for places in a list. There, a text counts if it is a number or a
// quantity, whatever the valueType. With int64, the fraction is cut off.
//
// An object, key or place that is not there is scalerkit.ErrNotFound. Errors do not
// quote the text, which may be a Secret's.
//
// The Scaler is a Watcher, which tells whenever the object changes.
//
// # Dependencies
//
// Selectors are those of k8s.io/apimachinery, as in KEDA.
//
// # Differences from KEDA
//
//   - Only the number counts: 12abc is an error, and not 12.
//   - A negative number is an error, and not 0.
//   - In yaml, a path that leads beyond a number is an error.
//   - A change of the object is read at once.
//   - The operator reads Secrets only where its restriction of them allows.
package kubernetes
