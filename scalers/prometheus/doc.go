// Package prometheus reads the result of a PromQL query from Prometheus, or a
// server with the same API: Thanos, Mimir, VictoriaMetrics, and the managed
// services of Amazon, Azure and Google.
//
// # The result
//
// The query is an instant one, at the server's own time. Its result has to be one
// series, or a scalar: more of them are an error, and so is a range, a text or a
// native histogram. No series, a NaN and an infinite value are what KEDA calls a
// null value: 0 with a Note that says so, or an error if ignoreNullValues is
// false. A value below zero counts as 0, with a Note, and is compared with the
// activation as it is.
//
// An answer with status "error" is an error, whatever its HTTP status. So is an
// answer that says of itself that it is partial, by isPartial or by warnings
// that are not PromQL's own, which go to the Note: half an answer is no answer.
// Whoever wants it all the same asks for it with Thanos' parameter
// partial_response=true in queryParameters, and has a Note.
//
// # The request
//
// A query that would make the URL longer than a server or a proxy is sure to
// take is sent by POST. The namespace, which tenancy proxies look at, and the
// queryParameters stay in the URL then.
//
// # Who asks
//
// Without authModes, the podIdentity or the credentials of a cloud that are given
// decide: with AWS' requests are signed for its managed Prometheus in awsRegion,
// with Azure's and Google's they have a token, which goes only to hosts of their
// managed Prometheus and to scalerkit.Options.IdentityEndpoints. This package
// links none of the clouds' SDKs: a program passes the identities that it wants
// to Driver, from driver/httpsource/awsidentity and its neighbours.
//
// # Differences from KEDA
//
//   - The modes apiKey and oauth authenticate, and ca, a client certificate and
//     unsafeSsl count in every mode and in none.
//   - The namespace is escaped; no time is sent.
//   - A scalar is read; null is a null value and not -1; status "error" is one.
//   - The default credentials of Google are used for a podIdentity only, and
//     credentialsFromEnvFile, a file of the program's, is not read.
//   - A threshold of 0 is refused.
package prometheus
