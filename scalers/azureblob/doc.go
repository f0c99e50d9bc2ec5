// Package azureblob scales by the number of blobs in an Azure Storage
// container (KEDA's trigger type azure-blob).
//
// # What is counted
//
// Without further parameters, the blobs at the top of the container: those
// whose name has no delimiter in it. With blobPrefix, those right below that
// directory; the delimiter is put behind the prefix unless it is there
// already. With recursive, all blobs whose name begins with the prefix, which
// is then taken as it is. With globPattern, all blobs whose whole name matches
// the pattern, however deep; a blobPrefix narrows them, as it does in KEDA,
// though KEDA's documentation says otherwise.
//
// A slash at the beginning of blobPrefix or globPattern means the root of the
// container and is left out, so that /in/ is in/. Names that do begin with a
// slash are to be had with two.
//
// In a pattern, * and ** stand for any text, slashes too, ? for one character,
// [abc], [a-z] and [!a] for one of a set, {a,b} for either, and a backslash
// takes the meaning from what follows. What the pattern begins with up to the
// first of these is asked of the service, so that a pattern such as
// logs/2026-*.json does not list the whole container.
//
// Directories, snapshots, versions and deleted blobs do not count.
//
// # Large containers
//
// The service does not tell how many blobs there are: it lists them, 5,000 in
// an answer. A trigger needs no more than its target times the most replicas
// that the workload may have, and countLimit says how much that is: counting
// stops there, and the reading is then that limit and means "at least". Without
// a limit every blob is counted, as KEDA does.
//
// # Authentication
//
// By connection string (with an account key or a shared access signature; also
// UseDevelopmentStorage=true for an emulator), by accountName and accountKey,
// by the identity azure-workload or by the program's own credential: see
// docs/identities.md. An access token that the service does not accept any more is
// replaced at the next reading.
//
// # Connections
//
// Triggers with equal accounts and credentials share a client, if they are
// given the same scalerkit.Pool. It holds at most eight connections, over
// which containers are listed side by side.
package azureblob
