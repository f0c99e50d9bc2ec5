// Package azure is what the drivers of Azure's services have in common: which
// cloud a trigger is in, connection strings, workload identity, the HTTP
// client, and errors that tell the outcomes apart and contain no secret.
//
// # The environment
//
// Libraries of this module do not read the environment of the process, with
// one exception. For workload identity, azidentity takes what the trigger
// leaves out from the variables that Azure's webhook sets in a pod:
// AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE and
// AZURE_AUTHORITY_HOST. It also honours AZURE_REGIONAL_AUTHORITY_NAME. Package
// workload, which does without azidentity, takes the former four.
package azure
