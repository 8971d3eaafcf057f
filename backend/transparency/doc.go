// Package transparency keeps the log in which every event of every complaint
// stands, so that nobody, the operator included, can change or drop one
// unnoticed. A leaf is made and stored with its event (Sealer); one leased
// worker at a time gives leaves their places, grows the tree and signs
// checkpoints (Log.Step); readers get proofs (Log.Proof).
//
// The formats are those of sdk/verify, which checks them on the other side.
// This package must never know HTTP, nor who may see which complaint.
//
// Start reading at Sealer.Append and Log.Step; docs/adr/0004 says why it is so.
package transparency
