package autoscale
