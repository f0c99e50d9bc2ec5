// Package httpsource is for sources that are asked over HTTP: the parameters by
// which a trigger says how (see [Access]), and the [Client] that asks.
//
// A driver embeds Access in its Config and has one function that asks one
// question; see the example of [Source].
package httpsource
