package verify

// Proof is everything that is needed to check the events of one complaint
// against one checkpoint, as the server sends it (JSON) and a device keeps it.
type Proof struct {
	Case string `json:"case"`
	Code string `json:"code"`
	// Checkpoint is the signed checkpoint everything is proved against, with the
	// witnesses' cosignatures it has.
	Checkpoint string `json:"checkpoint"`
	// Epochs are the first checkpoints of the epochs that followed a restore,
	// oldest first.
	Epochs []string `json:"epochs,omitempty"`
	// Earlier are the checkpoints with which the events first stood in the log.
	Earlier []Earlier    `json:"earlier,omitempty"`
	Events  []EventProof `json:"events"`
}

// Earlier is an earlier checkpoint, and the proof that its tree grew into that
// of Proof.Checkpoint.
type Earlier struct {
	Checkpoint  string `json:"checkpoint"`
	Consistency []Hash `json:"consistency,omitempty"`
}

// EventProof proves one event.
type EventProof struct {
	// Event is the canonical encoding, byte by byte; Salt opens its leaf.
	Event string `json:"event"`
	Salt  []byte `json:"salt"`
	// Words, where they are shown, are the canonical encoding of Words, opened by
	// WordsSalt. They are absent when the reader may not see them, and when they
	// were erased.
	Words     string `json:"words,omitempty"`
	WordsSalt []byte `json:"words_salt,omitempty"`
	// Position is the leaf's place in the log, from 0; -1 while it waits for the
	// sequencer.
	Position int64 `json:"position"`
	// Inclusion proves it in the tree of Proof.Checkpoint.
	Inclusion []Hash `json:"inclusion,omitempty"`
	// First is the index in Proof.Earlier of the checkpoint it first stood in; -1
	// for Proof.Checkpoint itself.
	First int `json:"first"`
}
