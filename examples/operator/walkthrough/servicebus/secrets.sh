#!/bin/sh
# Makes the two queues in a namespace of Azure Service Bus, and for each purpose
# an access policy of one queue that allows what that takes and no more. A
# Secret gets the connection string of each.
#
#	RESOURCE_GROUP=… NAMESPACE=… ./secrets.sh
set -eu

# policy QUEUE NAME RIGHT... makes a policy and prints its connection string.
policy() {
	queue=$1 name=$2
	shift 2
	az servicebus queue authorization-rule create --resource-group "$RESOURCE_GROUP" --namespace-name "$NAMESPACE" \
		--queue-name "$queue" --name "$name" --rights "$@" --output none
	az servicebus queue authorization-rule keys list --resource-group "$RESOURCE_GROUP" --namespace-name "$NAMESPACE" \
		--queue-name "$queue" --name "$name" --query primaryConnectionString --output tsv
}

for queue in inbound outbound; do
	az servicebus queue create --resource-group "$RESOURCE_GROUP" --namespace-name "$NAMESPACE" --name "$queue" --output none
done
publisher=$(policy inbound publisher Send)
receiver=$(policy inbound receiver Listen)
sender=$(policy outbound sender Send)
scaler=$(policy inbound scaler Manage Send Listen) # the first is not to be had without the others

kubectl apply -f - <<END
apiVersion: v1
kind: Secret
metadata: {name: publisher, namespace: walkthrough}
stringData:
  connection: $publisher
---
apiVersion: v1
kind: Secret
metadata: {name: transformer-inbound, namespace: walkthrough}
stringData:
  connection: $receiver
---
apiVersion: v1
kind: Secret
metadata: {name: transformer-outbound, namespace: walkthrough}
stringData:
  connection: $sender
---
apiVersion: v1
kind: Secret
metadata: {name: scaler, namespace: walkthrough}
stringData:
  connection: $scaler
END
