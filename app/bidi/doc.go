// Package bidi is text and layout for every language of the app: labels, paragraphs,
// text fields, forms and mirrored layouts that are right in English as in Urdu and
// Pashto.
//
// Fyne lays text from left to right only, so every screen is built from these parts
// and from none of Fyne's own labels, entries and boxes. A widget keeps the text as it
// was written; only what it hands to the painter is in visual order, so copying,
// searching and screen readers get the written one.
//
// The package knows nothing of complaints. An [Env] says which language, direction
// and look to use; it is passed in, and when one of them changes the content is built
// anew. Start with [Env] and [NewParagraph]; package line holds the text machinery and
// package edit the model of the field.
package bidi
