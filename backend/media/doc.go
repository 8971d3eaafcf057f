// Package media keeps the files that were promised with complaints and acts:
// an upload is begun by whoever promised the file, arrives in pieces over any
// number of connections and days, and becomes part of its case when its bytes
// are the promised ones, of an allowed kind and free of what the scanner knows.
//
// Unfinished uploads lie in a folder of this node (Staging, over tusd's file
// store, every piece on the disk before it is acknowledged); finished files lie
// in Blobs, a folder or an S3 bucket, under random names. What is known of a
// file is a record in the store, written in one transaction with the feed
// entries that tell its viewers.
//
// It must never know routes or tokens, decide who sees a case (the store's
// scopes do), or fetch anything from an address.
//
// Start reading at Service, then finish.go.
package media
