#!/bin/sh
# Makes passwords up, and Secrets with them: one for each purpose, with a user
# who may do what that takes and no more. Messages go in through an exchange for
# each queue: whoever may write to the default one may write to all queues.
set -eu

password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
publisher=$(password)
receiver=$(password)
sender=$(password)
scaler=$(password)

kubectl apply -f - <<END
apiVersion: v1
kind: Secret
metadata: {name: rabbitmq-definitions, namespace: walkthrough}
stringData:
  definitions.json: |
    {
      "vhosts": [{"name": "/"}],
      "queues": [
        {"name": "inbound", "vhost": "/", "durable": true, "auto_delete": false, "arguments": {}},
        {"name": "outbound", "vhost": "/", "durable": true, "auto_delete": false, "arguments": {}}
      ],
      "exchanges": [
        {"name": "inbound", "vhost": "/", "type": "fanout", "durable": true, "auto_delete": false, "internal": false, "arguments": {}},
        {"name": "outbound", "vhost": "/", "type": "fanout", "durable": true, "auto_delete": false, "internal": false, "arguments": {}}
      ],
      "bindings": [
        {"source": "inbound", "vhost": "/", "destination": "inbound", "destination_type": "queue", "routing_key": "", "arguments": {}},
        {"source": "outbound", "vhost": "/", "destination": "outbound", "destination_type": "queue", "routing_key": "", "arguments": {}}
      ],
      "users": [
        {"name": "publisher", "password": "$publisher", "tags": ""},
        {"name": "receiver", "password": "$receiver", "tags": ""},
        {"name": "sender", "password": "$sender", "tags": ""},
        {"name": "scaler", "password": "$scaler", "tags": ""}
      ],
      "permissions": [
        {"user": "publisher", "vhost": "/", "configure": "", "write": "^inbound\$", "read": ""},
        {"user": "receiver", "vhost": "/", "configure": "", "write": "", "read": "^inbound\$"},
        {"user": "sender", "vhost": "/", "configure": "", "write": "^outbound\$", "read": ""},
        {"user": "scaler", "vhost": "/", "configure": "", "write": "", "read": ""}
      ]
    }
---
apiVersion: v1
kind: Secret
metadata: {name: publisher, namespace: walkthrough}
stringData:
  connection: amqp://publisher:$publisher@rabbitmq.walkthrough:5672/
---
apiVersion: v1
kind: Secret
metadata: {name: transformer-inbound, namespace: walkthrough}
stringData:
  connection: amqp://receiver:$receiver@rabbitmq.walkthrough:5672/
---
apiVersion: v1
kind: Secret
metadata: {name: transformer-outbound, namespace: walkthrough}
stringData:
  connection: amqp://sender:$sender@rabbitmq.walkthrough:5672/
---
apiVersion: v1
kind: Secret
metadata: {name: scaler, namespace: walkthrough}
stringData:
  connection: amqp://scaler:$scaler@rabbitmq.walkthrough:5672/
END
