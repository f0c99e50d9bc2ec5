#!/bin/sh
# Makes passwords up, and Secrets with them: one for each purpose, with a user
# who may do what that takes and no more.
set -eu

password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
publisher=$(password)
receiver=$(password)
sender=$(password)
scaler=$(password)

kubectl apply -f - <<END
apiVersion: v1
kind: Secret
metadata: {name: redis-users, namespace: walkthrough}
stringData:
  users.acl: |
    user default off
    user publisher on >$publisher ~inbound -@all +@connection +lpush
    user receiver on >$receiver ~inbound ~inbound-taken -@all +@connection +blmove +lrem +rpush +multi +exec
    user sender on >$sender ~outbound -@all +@connection +lpush
    user scaler on >$scaler ~inbound -@all +@connection +llen
---
apiVersion: v1
kind: Secret
metadata: {name: publisher, namespace: walkthrough}
stringData:
  connection: redis://publisher:$publisher@redis.walkthrough:6379
---
apiVersion: v1
kind: Secret
metadata: {name: transformer-inbound, namespace: walkthrough}
stringData:
  connection: redis://receiver:$receiver@redis.walkthrough:6379
---
apiVersion: v1
kind: Secret
metadata: {name: transformer-outbound, namespace: walkthrough}
stringData:
  connection: redis://sender:$sender@redis.walkthrough:6379
---
apiVersion: v1
kind: Secret
metadata: {name: scaler, namespace: walkthrough}
stringData:
  username: scaler
  password: $scaler
END
