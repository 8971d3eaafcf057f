package local

import (
	"time"

	"github.com/citizens-portal/portal/sdk/verify"
)

// LogState is what this device knows of the transparency log. It outlives
// everything that can be fetched again: it is what a log is held to.
type LogState struct {
	// Keys are the log's keys, as they were at first sight, and those that they
	// have vouched for since.
	Keys []string `json:"keys,omitempty"`
	// Checkpoint is the largest that was seen, signed.
	Checkpoint string `json:"checkpoint,omitempty"`
	// TriedAt and CheckedAt are when growth was last asked for and shown, by the
	// device's clock.
	TriedAt   time.Time `json:"tried_at,omitzero"`
	CheckedAt time.Time `json:"checked_at,omitzero"`
	// Alarm is set once the log was caught, and stays.
	Alarm *LogAlarm `json:"alarm,omitempty"`
	// Restores are those that this device has seen, oldest first.
	Restores []LogRestore `json:"restores,omitempty"`
}

// LogAlarm is the evidence that the log broke its word: two signed texts that
// cannot both be true.
type LogAlarm struct {
	Reason string    `json:"reason"`
	Kept   string    `json:"kept"`
	Shown  string    `json:"shown"`
	At     time.Time `json:"at"`
}

// LogRestore is one restore from a backup, as the log signed for it.
type LogRestore struct {
	At time.Time `json:"at"`
	// Lost is how many entries that this device knew of were lost; -1 when the
	// log cannot tell.
	Lost int64 `json:"lost"`
}

var keyLog = []byte("log")

func proofKey(id string) []byte { return []byte("proof/" + id) }

// Log gives what is known of the log; the zero value before anything was.
func (tx *Tx) Log() (LogState, error) {
	s, _, err := get[LogState](tx, bucketKV, keyLog)
	return s, err
}

// PutLog keeps what is known of the log.
func (tx *Tx) PutLog(s LogState) error { return put(tx, bucketKV, keyLog, s) }

// Proof gives the proof that was kept of a complaint.
func (tx *Tx) Proof(id string) (verify.Proof, bool, error) {
	return get[verify.Proof](tx, bucketKV, proofKey(id))
}

// PutProof keeps a complaint's proof.
func (tx *Tx) PutProof(p verify.Proof) error { return put(tx, bucketKV, proofKey(p.Case), p) }
