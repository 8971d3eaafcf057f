// Package local keeps what an SDK client holds on its device: public content
// that can be fetched again (cache.db), and for each account drafts, the
// outbox, feed cursors and its own cases (user-….db), beside a journal of
// unsent work that can rebuild the outbox when that file is damaged.
//
// It is the only package that knows bbolt. It must never know HTTP, tokens'
// meaning or the rules of complaints: it stores the wire's types as received
// and applies answers and feed pages, each response in one transaction.
//
// Every value is sealed with XChaCha20-Poly1305 under a key of its account,
// bound to its bucket and key, which is also its checksum. Keys of buckets
// (random ids, feed names, filing times) are not secret and lie open.
//
// Start reading at home.go (the folder), then user.go (an account's
// transactions), outbox.go with answers.go, and feed.go (the two halves of sync).
package local
