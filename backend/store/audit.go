package store

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// AuditHead is where the audit log's chain ends: each entry's hash covers the
// one before, so that an entry that was changed, added or removed later does
// not lead to the head any more. Who can write to the database can make the
// whole chain anew; against that the log is shipped elsewhere.
type AuditHead struct {
	// After is the number of the last entry of before there was a chain, 0 for
	// none.
	After int64  `json:"after"`
	N     int64  `json:"n"`    // of the last entry
	Hash  string `json:"hash"` // of the last entry, hex; empty before the first
}

// Start is where the chain begins.
func (h AuditHead) Start() AuditHead { return AuditHead{After: h.After, N: h.After} }

// Next gives the head after one more entry: SHA-256 over the hash before (hex)
// and number, time in milliseconds since 1970, actor, action, subject and
// detail, each followed by a zero byte, which none of them holds.
func (h AuditHead) Next(e AuditEntry) AuditHead {
	sum := sha256.New()
	for _, part := range []string{h.Hash, strconv.FormatInt(e.N, 10), strconv.FormatInt(e.At.UnixMilli(), 10), e.Actor, e.Action, e.Subject, e.Detail} {
		sum.Write(append([]byte(part), 0))
	}
	return AuditHead{After: h.After, N: e.N, Hash: hex.EncodeToString(sum.Sum(nil))}
}
