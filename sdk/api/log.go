package api

// LogInfo introduces the transparency log. Its formats, and the check of them,
// are package verify's.
type LogInfo struct {
	// Name is the log's name, and Keys its verifier keys ("name+hash+key"), the
	// newest first. They sign receipts too.
	Name string   `json:"name"`
	Keys []string `json:"keys"`
	// MergeDelaySeconds is how long the log may take to hold an event.
	MergeDelaySeconds int `json:"merge_delay_seconds"`
	// Witnesses are the verifier keys of those whose cosignatures are kept.
	Witnesses []string `json:"witnesses,omitempty"`
	// Epochs are the first checkpoints, signed, of the epochs that followed a
	// restore from a backup, oldest first.
	Epochs []string `json:"epochs,omitempty"`
}

// LogConsistency proves that one tree grew into another: hashes in base64, as
// verify.Consistent takes them.
type LogConsistency struct {
	From   int64    `json:"from"`
	To     int64    `json:"to"`
	Hashes []string `json:"hashes"`
}

// LogCosigned names the witnesses whose signatures were kept.
type LogCosigned struct {
	Witnesses []string `json:"witnesses"`
}
