// Package seleniumgrid reads how many nodes of one kind a Selenium Grid needs, of
// the waiting requests for sessions and the sessions that run.
//
// # The number
//
// A trigger is for nodes of one kind: a browserName, its version, a platform and
// further capabilities. Each waiting request that such a node fits takes a free
// slot of a node that is up, or else of a node that this reading has called for
// already, or else calls for a new node, which takes nodeMaxSessions sessions. The
// value is the number of new nodes and of those that are busy, which are the
// sessions of this kind on each node, divided by nodeMaxSessions and rounded up.
// The target is 1, a replica for each node.
//
// # What fits
//
// Names of browsers and platforms are compared without regard to case. A
// browserVersion that is asked for has to be the beginning of the trigger's. One
// without a version fits only a trigger without one, and likewise one without a
// platform. Platforms have aliases, such as macOS for mac, and platforms of one
// family, such as Windows 10 and Windows 11, or linux and bsd, stand in for each
// other, as in the Grid itself; the bare name of a family is only itself. A node
// has managed downloads unless enableManagedDownloads is false. Of capabilities,
// those with the prefixes goog:, moz:, ms: and se: are left to the browser.
//
// All triggers on one Grid share its answer, which is one request in GraphQL, so
// this package has no client library.
//
// # Differences from KEDA
//
//   - With nodeMaxSessions above 1, sessions count by nodes; KEDA adds their number
//     to that of the nodes.
//   - A node has free slots of one kind only as many as it has of that kind, and a
//     new node counts however long the queue is.
//   - An answer with errors, or without nodes or queue, is an error and not 0.
//   - capabilities that are no JSON object are refused. What clients send as
//     capabilities may be of any type: what is no text is no browser.
package seleniumgrid
