// Package server serves Scalers as a KEDA external scaler, so that a cluster that
// keeps KEDA can have its sources read by this library. What KEDA then asks for by
// the trigger types external and external-push is read as it is everywhere here:
// with one connection for each broker, if the Scalers are given one Pool, and with
// an error where a level is not known, never a zero.
//
// # What KEDA is told
//
// A Scaler has one metric: the name and the target of its Metric. A target that
// the source states with a reading is made up for in the value, so that KEDA's HPA
// keeps its own; and a reading that calls for more replicas than its Limit is cut to
// what calls for these, or for the next number that divides Limit if it is Even. That
// supposes the metricType AverageValue, which is KEDA's default, as a server is not
// told of it. Notes and times are lost.
//
// KEDA asks three times for each of its polls, and again for each of the HPA's: what
// comes shortly after a reading is answered from that. A push is followed by
// a reading of its own.
//
// A Scaler that is a Watcher pushes: StreamIsActive says whether it is active at first
// and after each change. One that is none does not implement that, and no target is
// pushed, as none changes.
//
// # Errors
//
// They are gRPC errors: NotFound, PermissionDenied and ResourceExhausted where the
// source says so (scalerkit.ErrNotFound, ErrDenied, ErrThrottled), InvalidArgument
// for a trigger that cannot be opened, and Unavailable for the rest.
//
// # Callers
//
// A caller has to show a certificate of an authority that the server trusts:
//
//	server.New(options, grpc.Creds(credentials.NewTLS(&tls.Config{
//		Certificates: certificates,
//		ClientAuth:   tls.RequireAndVerifyClientCert,
//		ClientCAs:    authority,
//	})))
//
// KEDA has its own in a TriggerAuthentication, as caCert, tlsClientCert and
// tlsClientKey, and sends none of the parameters there: what a source needs to let
// the server in is the server's own. A caller says for which namespace it asks,
// so whoever holds such a certificate can ask for all.
package server
