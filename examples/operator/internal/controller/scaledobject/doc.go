// Package scaledobject reconciles ScaledObjects: it has their triggers read
// and their targets scaled by a Runner, keeps an HPA for each, answers the HPA's
// questions, and says in status and events what it does and why.
//
// What runs goes on as it is until what takes its place is known to be right: a
// ScaledObject that cannot be reconciled as it is says so in its condition
// Ready, and nothing is scaled down for that.
package scaledobject
