package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Version of the encoding of events.
const Version = 1

// SaltSize is the number of bytes of each salt.
const SaltSize = 32

// Hash is a SHA-256. As text and in JSON it is base64.
type Hash = tlog.Hash

// Commit gives SHA-256(salt ‖ data): it fixes data without telling it. Of an
// event's bytes it is the event's leaf.
func Commit(salt, data []byte) Hash {
	h := sha256.New()
	h.Write(salt)
	h.Write(data)
	return Hash(h.Sum(nil))
}

// RecordHash is what stands in the tree for a leaf: SHA-256(0x00 ‖ leaf).
func RecordHash(leaf Hash) Hash { return tlog.RecordHash(leaf[:]) }

// Event is what the log holds of one event: open facts, and commitments to its
// words and to the people in it, which can be shown or erased one by one. The
// fields are in the order of the encoding.
type Event struct {
	V    int    `json:"v"`
	Case string `json:"case"`
	// N counts the complaint's events from 1; Prev is the leaf of event N-1, in
	// hex, empty for the first.
	N    int64  `json:"n"`
	Prev string `json:"prev,omitempty"`
	// At is the server's clock when it was recorded, RFC 3339 in UTC with
	// milliseconds.
	At     string `json:"at"`
	Action string `json:"action"`
	Role   string `json:"role"`
	// Status and Level are the complaint's after the event.
	Status    string `json:"status"`
	Level     int    `json:"level"`
	FromLevel int    `json:"from_level,omitempty"`
	// Code, of a filing, is the code people read aloud.
	Code string `json:"code,omitempty"`
	// DueAt, of a step of the clock, is when it was due; AsOf the moment that the
	// server looked from.
	DueAt string `json:"due_at,omitempty"`
	AsOf  string `json:"as_of,omitempty"`
	// Office acted; ToOffice was given the complaint.
	Office      string `json:"office,omitempty"`
	ToOffice    string `json:"to_office,omitempty"`
	Disposition string `json:"disposition,omitempty"`
	// Words and People are Commit of their encodings, in hex.
	Words  string `json:"words"`
	People string `json:"people"`
}

// Words is what was written with an event; of a filing, the complaint.
type Words struct {
	Text       string  `json:"text,omitempty"`
	Category   string  `json:"category,omitempty"`
	District   string  `json:"district,omitempty"`
	Area       string  `json:"area,omitempty"`
	Place      string  `json:"place,omitempty"`
	Language   string  `json:"language,omitempty"`
	Files      []File  `json:"files,omitempty"`
	SecretHash string  `json:"secret_hash,omitempty"`
	WrittenAt  string  `json:"written_at,omitempty"`
	Rating     *Rating `json:"rating,omitempty"`
}

// File is one attachment: the SHA-256 of its content in hex, its size in bytes
// and its media type.
type File struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Type   string `json:"type"`
}

// Rating is the citizen's verdict, each 1 (very bad) to 5 (very good).
type Rating struct {
	Time    int    `json:"time"`
	Quality int    `json:"quality"`
	Comment string `json:"comment,omitempty"`
}

// People is who acted, by the server's own ids. They are shown to nobody
// outside; the commitment keeps the operator from exchanging them.
type People struct {
	Account   string `json:"account,omitempty"`
	Officer   string `json:"officer,omitempty"`
	ToOfficer string `json:"to_officer,omitempty"`
}

// Encode gives the canonical bytes of an Event, Words or People: JSON without
// spaces, fields in the order of the type, and no escapes but those that JSON
// needs.
func Encode[T Event | Words | People](v T) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // strings and integers always encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Time writes a moment as events have it; the zero time is empty.
func Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// ParseEvent reads an event's bytes. A version that this package does not know
// is an error.
func ParseEvent(raw []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(raw, &e); err != nil {
		return Event{}, fmt.Errorf("event: %w", err)
	}
	if e.V != Version {
		return Event{}, fmt.Errorf("event: version %d is not known to this program", e.V)
	}
	return e, nil
}

// Recorded is At as a time.
func (e Event) Recorded() (time.Time, error) { return time.Parse(time.RFC3339, e.At) }

// hexHash reads a hash in hex.
func hexHash(s string) (Hash, error) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != len(Hash{}) {
		return Hash{}, fmt.Errorf("%q is not a SHA-256 in hex", s)
	}
	return Hash(raw), nil
}

// Hex writes a hash as events and receipts have it.
func Hex(h Hash) string { return hex.EncodeToString(h[:]) }

func parseWords(raw []byte) (*Words, error) {
	var w Words
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	return &w, nil
}
