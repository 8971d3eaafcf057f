// Package ui holds the parts that screens are made of: status chips, buttons, cards,
// rows, the deadline ladder, the timeline and the rest.
//
// A part is a function of a small state and of callbacks: it draws what it is told,
// calls back when it is tapped, and keeps nothing else. It never knows the SDK, a
// store or a rule; words, colours and direction come from a [bidi.Env]. To show
// another state, make the part again.
//
// Start with press.go, the surface under everything that can be tapped, then open the
// file named like the part.
package ui
