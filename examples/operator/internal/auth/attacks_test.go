package auth_test

import "strings"

// vaultAt logs in to a Vault of the attacker.
func vaultAt(credential, want string) attack {
	return attack{`hashiCorpVault: {address: "https://vault.evil.example", authentication: kubernetes, role: r, mount: m, ` + credential + ` secrets: [{parameter: password, path: x, key: password}]}`, redisTrigger, want}
}

// keyVault asks a Key Vault of the attacker.
func keyVault(identity, more, want string) attack {
	return attack{`azureKeyVault: {secrets: [{parameter: password, name: x}], podIdentity: {provider: azure-workload` + identity + `}, ` + more + `}`, redisTrigger, want}
}

// What is said of several.
const (
	about       = `redis trigger: TriggerAuthentication shop/id: `
	noAudience  = `: the administrator sets one in KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES, or serviceAccountTokens of the chart`
	unapproved  = ` is not one that the administrator has approved for it in KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES`
	authorities = `use login.microsoftonline.com, login.microsoft.com, login.windows.net, sts.windows.net, or `
	unlisted    = `let the administrator list it as an identity endpoint`
)

const (
	azureIdentity = `podIdentity: {provider: azure-workload}`
	evilAuthority = `, identityTenantId: ` + tenantID + `, identityAuthorityHost: "https://login.evil.example/"`
	awsIdentity   = `podIdentity: {provider: aws}`

	googleIdentity = `podIdentity: {provider: gcp}`
)

// attacks are the ways in which an authentication or a trigger names a file, an
// account, a variable or an address.
var attacks = map[string]attack{
	"Vault, the operator's token for Vault": vaultAt(``, `read size of "l": nobody is there`), // which only Vault takes
	"Vault, the token for the API server":   vaultAt(`credential: {serviceAccount: "{api}"},`, about+`hashiCorpVault: log in: {api}: its audience "https://kubernetes.default.svc"`+unapproved),
	"Vault, a token for both":               vaultAt(`credential: {serviceAccount: "{both}"},`, about+`hashiCorpVault: log in: {both}: its audience "https://kubernetes.default.svc"`+unapproved),
	"Vault, the token for AWS":              vaultAt(`credential: {serviceAccount: "{aws}"},`, about+`hashiCorpVault: log in: {aws}: its audience "sts.amazonaws.com"`+unapproved),
	"Vault, the token for Azure":            vaultAt(`credential: {serviceAccount: "{azure}"},`, about+`hashiCorpVault: log in: {azure}: its audience "api://AzureADTokenExchange"`+unapproved),
	"Vault, Google's credentials":           vaultAt(`credential: {serviceAccount: "{google}"},`, about+`hashiCorpVault: log in: {google}: it is not the token of a service account`),
	"Vault, a way round":                    vaultAt(`credential: {serviceAccount: "/var/../{api}"},`, about+`hashiCorpVault: log in: /var/../{api}: its audience "https://kubernetes.default.svc"`+unapproved),
	"Vault, the operator's environment":     vaultAt(`credential: {serviceAccount: /proc/self/environ},`, about+`hashiCorpVault: log in: /proc/self/environ: it is not the token of a service account`),
	"Vault, nothing said":                   vaultAt(`credential: {},`, about+`hashiCorpVault: credential has neither serviceAccountName nor serviceAccount: name one, or leave credential out for the operator's token for Vault`),
	"Vault, an account":                     vaultAt(`credential: {serviceAccountName: scaler},`, about+`hashiCorpVault: credential: there is no audience for service account shop/scaler`+noAudience),
	"Vault, an account elsewhere":           vaultAt(`credential: {serviceAccountName: keda/scaler},`, about+`hashiCorpVault: credential: there is no audience for service account shop/keda/scaler`+noAudience),
	"Vault, both":                           vaultAt(`credential: {serviceAccountName: scaler, serviceAccount: "{api}"},`, about+`hashiCorpVault: credential: there is no audience for service account shop/scaler`+noAudience),

	"a token of an account":            {`boundServiceAccountToken: [{parameter: password, serviceAccountName: scaler}]`, redisTrigger, about + `boundServiceAccountToken: password: there is no audience for service account shop/scaler` + noAudience},
	"a token of an account elsewhere":  {`boundServiceAccountToken: [{parameter: password, serviceAccountName: ../../keda/serviceaccounts/scaler}]`, redisTrigger, about + `boundServiceAccountToken: password: there is no audience for service account shop/../../keda/serviceaccounts/scaler` + noAudience},
	"a Secret elsewhere":               {`secretTargetRef: [{parameter: password, name: ../../keda/secrets/operator, key: password}]`, redisTrigger, about + `secretTargetRef: password: Secret shop/../../keda/secrets/operator does not exist`},
	"a file":                           {`filePath: google`, redisTrigger, about + `filePath: only a ClusterTriggerAuthentication may read files of the operator`},
	"a variable of the operator":       {`env: [{parameter: password, name: OPERATOR_PASSWORD}]`, redisTrigger, about + `env: password: container "app" has no environment variable "OPERATOR_PASSWORD": it has OWN`},
	"a variable with one in it":        {`env: [{parameter: password, name: OWN}]`, redisTrigger, `read size of "l": nobody is there`},
	"a variable of the operator, bare": {`{}`, `{type: redis, metadata: {address: "redis.evil.example:6379", listName: l, passwordFromEnv: OPERATOR_PASSWORD}}`, `read size of "l": nobody is there`},

	"Key Vault, the attacker's":            keyVault(``, `vaultUri: "https://vault.evil.example"`, about+`azureKeyVault: vaultUri "https://vault.evil.example" is not in vault.azure.net, which its tokens are for: see cloud`),
	"Key Vault, hidden":                    keyVault(``, `vaultUri: "https://x.vault.azure.net@vault.evil.example"`, about+`azureKeyVault: vaultUri "https://x.vault.azure.net@vault.evil.example" is not in vault.azure.net, which its tokens are for: see cloud`),
	"Key Vault, a private cloud":           keyVault(``, `vaultUri: "https://vault.evil.example", cloud: {type: Private, keyVaultResourceURL: "https://evil.example", activeDirectoryEndpoint: "https://login.microsoftonline.com"}`, about+`azureKeyVault: vaultUri: "vault.evil.example" may not be sent the token of an identity: `+unlisted),
	"Key Vault, an authority":              keyVault(evilAuthority, `vaultUri: "https://x.vault.azure.net"`, about+`azureKeyVault: the authority "login.evil.example" may not be sent the token of an identity: `+authorities+unlisted),
	"Key Vault, an authority of the cloud": keyVault(``, `vaultUri: "https://vault.evil.example", cloud: {type: Private, keyVaultResourceURL: "https://evil.example", activeDirectoryEndpoint: "https://login.evil.example"}`, about+`azureKeyVault: vaultUri: "vault.evil.example" may not be sent the token of an identity: `+unlisted+"\n"+about+`azureKeyVault: the authority "login.evil.example" may not be sent the token of an identity: use login.microsoftonline.com, login.microsoft.com, login.windows.net, sts.windows.net, login.microsoftonline.us, login.usgovcloudapi.net, login.chinacloudapi.cn, login.partner.microsoftonline.cn, login.microsoftonline.de, or `+unlisted),
	"Secret Manager, an external account":  {`gcpSecretManager: {credentials: {clientSecret: {valueFrom: {secretKeyRef: {name: own, key: google}}}}, secrets: [{parameter: password, id: x}]}`, redisTrigger, about + `gcpSecretManager: the credentials are of type "external_account": use the key of a service_account`},
	"Secrets Manager, a region":            {`awsSecretManager: {podIdentity: {provider: aws}, region: "evil.example/", secrets: [{parameter: password, name: x}]}`, redisTrigger, about + `awsSecretManager: password: secret x: operation error Secrets Manager: GetSecretValue, failed to bind endpoint params, invalid input region evil.example/`},
	"Secrets Manager, a region and a role": {`awsSecretManager: {podIdentity: {provider: aws, roleArn: "arn:aws:iam::1:role/x"}, region: "x.evil.example#", secrets: [{parameter: password, name: x}]}`, redisTrigger, about + `awsSecretManager: password: secret x: no credentials: STS AssumeRoleWithWebIdentity: failed to bind endpoint params, invalid input region x.evil.example#; and then: STS AssumeRole: failed to bind endpoint params, invalid input region x.evil.example#`},
	"Service Bus, a private cloud":         {azureIdentity, `{type: azure-servicebus, metadata: {namespace: x, queueName: q, cloud: Private, endpointSuffix: servicebus.evil.example}}`, `azure-servicebus trigger: endpointSuffix: "x.servicebus.evil.example" may not be sent the token of an identity: ` + unlisted},
	"Service Bus, a namespace":             {azureIdentity, `{type: azure-servicebus, metadata: {namespace: servicebus.evil.example/, queueName: q}}`, `azure-servicebus trigger: namespace: "servicebus.evil.example/" is no name of a namespace: want the part before .servicebus.windows.net`},
	"Service Bus, an authority":            {strings.TrimSuffix(azureIdentity, "}") + evilAuthority + "}", `{type: azure-servicebus, metadata: {namespace: x, queueName: q}}`, `azure-servicebus trigger: identityAuthorityHost: "login.evil.example" may not be sent the token of an identity: ` + authorities + unlisted},
	"Event Hubs, a private cloud":          {azureIdentity, `{type: azure-eventhub, metadata: {eventHubNamespace: x, eventHubName: h, storageAccountName: s, blobContainer: c, checkpointStrategy: blobMetadata, cloud: Private, endpointSuffix: servicebus.evil.example, storageEndpointSuffix: blob.evil.example}}`, `azure-eventhub trigger: endpointSuffix: "x.servicebus.evil.example" may not be sent the token of an identity: ` + unlisted + "\n" + `azure-eventhub trigger: storageEndpointSuffix: "s.blob.blob.evil.example" may not be sent the token of an identity: ` + unlisted},
	"Event Hubs, an authority":             {strings.TrimSuffix(azureIdentity, "}") + evilAuthority + "}", `{type: azure-eventhub, metadata: {eventHubNamespace: x, eventHubName: h, storageAccountName: s, blobContainer: c, checkpointStrategy: blobMetadata}}`, `azure-eventhub trigger: identityAuthorityHost: "login.evil.example" may not be sent the token of an identity: ` + authorities + unlisted},
	"Blob, a private cloud":                {azureIdentity, `{type: azure-blob, metadata: {accountName: x, blobContainerName: box, cloud: Private, endpointSuffix: blob.evil.example}}`, `azure-blob trigger: endpointSuffix: "x.blob.evil.example" may not be sent the token of an identity: ` + unlisted},
	"Blob, an account":                     {azureIdentity, `{type: azure-blob, metadata: {accountName: blob.evil.example/, blobContainerName: box}}`, `azure-blob trigger: accountName: "blob.evil.example/" is no name of a storage account`},
	"Blob, an authority":                   {strings.TrimSuffix(azureIdentity, "}") + evilAuthority + "}", `{type: azure-blob, metadata: {accountName: x, blobContainerName: box}}`, `azure-blob trigger: identityAuthorityHost: "login.evil.example" may not be sent the token of an identity: ` + authorities + unlisted},
	"Queue, a private cloud":               {azureIdentity, `{type: azure-queue, metadata: {accountName: x, queueName: box, cloud: Private, endpointSuffix: queue.evil.example}}`, `azure-queue trigger: endpointSuffix: "x.queue.evil.example" may not be sent the token of an identity: ` + unlisted},
	"Queue, an account":                    {azureIdentity, `{type: azure-queue, metadata: {accountName: queue.evil.example/, queueName: box}}`, `azure-queue trigger: accountName: "queue.evil.example/" is no name of a storage account`},
	"Pipelines, an organization":           {azureIdentity, `{type: azure-pipelines, metadata: {organizationURL: "https://dev.azure.com.evil.example/shop", poolName: p}}`, `azure-pipelines trigger: organizationURL: "dev.azure.com.evil.example" may not be sent the token of an identity: use dev.azure.com, *.dev.azure.com, *.visualstudio.com, or ` + unlisted},
	"Monitor, a private cloud":             {azureIdentity, `{type: azure-monitor, metadata: {cloud: Private, azureResourceManagerEndpoint: "https://management.azure.com.evil.example", subscriptionId: s, resourceGroupName: g, resourceURI: a/b/c, metricName: m, metricAggregationType: Total, targetValue: "1"}}`, `azure-monitor trigger: azureResourceManagerEndpoint: "management.azure.com.evil.example" may not be sent the token of an identity: ` + unlisted},
	"Log Analytics, a private cloud":       {azureIdentity, `{type: azure-log-analytics, metadata: {cloud: Private, logAnalyticsResourceURL: "https://api.loganalytics.io.evil.example", workspaceId: w, query: q, threshold: "1"}}`, `azure-log-analytics trigger: logAnalyticsResourceURL: "api.loganalytics.io.evil.example" may not be sent the token of an identity: ` + unlisted},
	"App Insights, a private cloud":        {azureIdentity, `{type: azure-app-insights, metadata: {cloud: Private, appInsightsResourceURL: "https://api.applicationinsights.io.evil.example", applicationInsightsId: a, metricId: m, metricAggregationType: sum, metricAggregationTimespan: "0:5", targetValue: "1"}}`, `azure-app-insights trigger: appInsightsResourceURL: "api.applicationinsights.io.evil.example" may not be sent the token of an identity: ` + unlisted},
	"CloudWatch, an endpoint":              {awsIdentity, `{type: aws-cloudwatch, metadata: {awsRegion: eu-west-1, awsEndpoint: "https://monitoring.evil.example", namespace: AWS/SQS, metricName: length, dimensionName: queue, dimensionValue: orders, targetMetricValue: "1", minMetricValue: "0"}}`, `read metric "length" of AWS/SQS: the answer is not whole: expected map for struct, got major type 3`},
	"CloudWatch, a region":                 {awsIdentity, `{type: aws-cloudwatch, metadata: {awsRegion: evil.example/, namespace: AWS/SQS, metricName: length, dimensionName: queue, dimensionValue: orders, targetMetricValue: "1", minMetricValue: "0"}}`, `read metric "length" of AWS/SQS: operation error CloudWatch: GetMetricData, failed to bind endpoint params, invalid input region evil.example/`},
	"Kinesis, an endpoint and a role":      {strings.TrimSuffix(awsIdentity, "}") + `, roleArn: "arn:aws:iam::1:role/x"}`, `{type: aws-kinesis-stream, metadata: {awsRegion: eu-west-1, awsEndpoint: "https://kinesis.evil.example", streamName: s}}`, `read open shards of stream "s": no credentials: STS AssumeRoleWithWebIdentity: access denied: 403 Forbidden; and then: STS AssumeRole: access denied: 403 Forbidden`},
	"Kinesis, a region and a role":         {strings.TrimSuffix(awsIdentity, "}") + `, roleArn: "arn:aws:iam::1:role/x"}`, `{type: aws-kinesis-stream, metadata: {awsRegion: "x.evil.example?", streamName: s}}`, `read open shards of stream "s": no credentials: STS AssumeRoleWithWebIdentity: failed to bind endpoint params, invalid input region x.evil.example?; and then: STS AssumeRole: failed to bind endpoint params, invalid input region x.evil.example?`},
	"DynamoDB, an endpoint and a role":     {strings.TrimSuffix(awsIdentity, "}") + `, roleArn: "arn:aws:iam::1:role/x"}`, `{type: aws-dynamodb, metadata: {awsRegion: eu-west-1, awsEndpoint: "https://dynamodb.evil.example", tableName: t, targetValue: "1", keyConditionExpression: "k = :k", expressionAttributeValues: '{":k": {"S": "x"}}'}}`, `read items of table "t": no credentials: STS AssumeRoleWithWebIdentity: access denied: 403 Forbidden; and then: STS AssumeRole: access denied: 403 Forbidden`},
	"SQS, an endpoint and a role":          {strings.TrimSuffix(awsIdentity, "}") + `, roleArn: "arn:aws:iam::1:role/x"}`, `{type: aws-sqs-queue, metadata: {awsRegion: eu-west-1, awsEndpoint: "https://sqs.evil.example", queueURL: q}}`, `read length of queue "q": no credentials: STS AssumeRoleWithWebIdentity: access denied: 403 Forbidden; and then: STS AssumeRole: access denied: 403 Forbidden`},
	"SQS, the host of a queue":             {awsIdentity, `{type: aws-sqs-queue, metadata: {awsRegion: eu-west-1, queueURL: "https://sqs.evil.example/1/q"}}`, `read length of queue "q": access denied: 403 Forbidden`},
	"Pub/Sub, an endpoint":                 {googleIdentity, `{type: gcp-pubsub, metadata: {subscriptionName: orders, gcpEndpoint: "https://monitoring.evil.example/#.googleapis.com"}}`, `gcp-pubsub trigger: gcpEndpoint: "monitoring.evil.example" may not be sent the token of an identity: use *.googleapis.com, or ` + unlisted},
	"MSK, a broker":                        {awsIdentity, `{type: apache-kafka, metadata: {bootstrapServers: "b.evil.example:9098", consumerGroup: g, topic: t, sasl: aws_msk_iam, tls: enable, awsRegion: eu-west-1}}`, `apache-kafka trigger: bootstrapServers: "b.evil.example:9098" may not be sent the token of an identity: use *.kafka.eu-west-1.amazonaws.com, *.kafka-serverless.eu-west-1.amazonaws.com, or ` + unlisted},
	"RabbitMQ, a resource":                 {azureIdentity + "\nsecretTargetRef: [{parameter: workloadIdentityResource, name: own, key: resource}]", `{type: rabbitmq, metadata: {host: "https://rabbitmq.evil.example/", protocol: http, queueName: q, mode: QueueLength, value: "1"}}`, `rabbitmq trigger: host: "rabbitmq.evil.example" may not be sent the token of an identity: ` + unlisted},
}
