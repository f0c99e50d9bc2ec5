package scalerkit

var Group = group
