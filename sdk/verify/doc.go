// Package verify checks, without trusting the portal, that an event of a
// complaint stands unchanged in the portal's public append-only log, and that
// it was put there in time.
//
// It defines every format that the log signs or hashes (events, receipts,
// checkpoints, proofs), so that the server and everybody who checks it share
// one definition. It takes bytes and gives a typed Result: it opens no
// connection, keeps nothing, reads no clock, and imports the standard library
// and golang.org/x/mod only, so that a journalist's tool can use it alone. It
// must never know the SDK or the server.
//
// What a Verified result proves: the log's key signed a tree in which the
// event stands, the event names its number and its predecessor, and its words
// (where they are shown) are those that were recorded. It does not prove when
// a phone wrote it, nor that the operator shows everybody the same tree: for
// that, keep checkpoints and compare them (Consistent), or ask for witnesses
// (Policy.Quorum).
//
// Start reading at Policy.Verify; docs/design/transparency.md describes the
// formats for other languages.
package verify
