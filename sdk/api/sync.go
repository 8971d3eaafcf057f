package api

import (
	"encoding/json"
	"time"
)

// Limits of one sync request and answer.
const (
	MaxBatchOperations = 50
	MaxBatchBytes      = 32 << 10 // of operation bodies
	MaxPageEntries     = 200
	MaxPageBytes       = 64 << 10
	MaxWaitSeconds     = 55
)

// SyncRequest pushes operations and pulls feeds in one round trip.
type SyncRequest struct {
	// Request is the device's own counter of sync requests; it is echoed so
	// that an answer to an older request can be told apart and dropped.
	Request int64 `json:"request"`
	// Epoch of the server's data as the device last saw it; empty at first.
	Epoch      string      `json:"epoch,omitempty" maxLength:"64"`
	Operations []Operation `json:"operations,omitempty" maxItems:"50"`
	// Cursors say how far the device has read each feed. A feed without a
	// cursor is read from its start.
	Cursors []Cursor `json:"cursors,omitempty" maxItems:"32"`
	// WaitSeconds, when positive, lets the server hold the answer until there
	// is something new (long poll, foreground only).
	WaitSeconds int `json:"wait_seconds,omitempty" minimum:"0" maximum:"55"`
	// Checksums, once a day, asks the server to compare.
	Checksums []Checksum `json:"checksums,omitempty" maxItems:"32"`
}

// Cursor is a place in a feed: the number of the last entry applied.
type Cursor struct {
	Feed string `json:"feed" maxLength:"120"`
	N    int64  `json:"n" minimum:"0"`
	// Snapshot, while a snapshot is being read in parts, is SnapshotAfter of
	// the last part; N is then Next of that part.
	Snapshot string `json:"snapshot,omitempty" maxLength:"64"`
}

// Checksum is the sum over a feed's entries up to N: each entry's share is the
// first 8 bytes of SHA-256("type|case|event"), big endian, modulo 2^52−47; the
// sum is taken modulo the same.
type Checksum struct {
	Feed string `json:"feed" maxLength:"120"`
	N    int64  `json:"n"`
	Sum  int64  `json:"sum"`
}

// Operation is one frozen intent of the device's owner. It never changes after
// its first byte was sent. Its fields carry no limits in the schema, so that a
// bad one is answered on its own and never stops the others.
type Operation struct {
	Op      string `json:"op"`   // UUIDv7
	N       int64  `json:"n"`    // the device's counter, from 1
	Lane    string `json:"lane"` // entity id: order holds within a lane
	Type    string `json:"type"`
	Version int    `json:"version"`
	// Body is the operation's JSON, and SHA256 the hash (hex) of exactly these
	// bytes, so they must be compact JSON that no encoder on the way rewrites.
	Body   json.RawMessage `json:"body"`
	SHA256 string          `json:"sha256"`
	// At is the device's clock: evidence, never law.
	At time.Time `json:"at"`
	// Deps are operations that must have been applied before. What builds on one
	// that was refused is refused too, with CodeDependency: by the server when
	// both come together, else by the device, which alone knows of the refusal.
	Deps []string `json:"deps,omitempty"`
	// Receipt is sent with an operation offered again after the server's epoch
	// changed, so that the same code and filing time come back.
	Receipt string `json:"receipt,omitempty"`
	// Failures is the device's own count of how often the server failed on this
	// operation while others passed. The server keeps a count of its own, and at
	// five keeps the bytes in quarantine and answers quarantined.
	Failures int `json:"failures,omitempty"`
}

// CodeDependency is the field code of an operation that builds on one which will
// not be carried out.
const CodeDependency = "dependency_refused"

// Types of operation. Every version ever shipped stays accepted.
const (
	OpLodge = "complaint.lodge" // version 1: LodgeBody
	OpAct   = "case.act"        // version 1: ActBody
	OpOpen  = "case.open"       // version 1: OpenBody
)

// LodgeBody files a complaint.
type LodgeBody struct {
	ID       string `json:"id" minLength:"36" maxLength:"36"` // UUIDv7 made on the device
	Category string `json:"category" maxLength:"80"`
	District string `json:"district" maxLength:"120"` // slug or path
	Area     string `json:"area,omitempty" maxLength:"160"`
	Place    string `json:"place,omitempty" maxLength:"1200"`
	Text     string `json:"text" maxLength:"32000"`
	Language string `json:"language,omitempty" maxLength:"2"`
	Files    []File `json:"files,omitempty" maxItems:"5"`
	// SecretHash is the SHA-256 (hex) of the 128-bit tracking secret.
	SecretHash string    `json:"secret_hash,omitempty" maxLength:"64"`
	WrittenAt  time.Time `json:"written_at,omitzero"`
	// AboutOffice (an id) and AboutOfficer (a name) are whom it is about; it is
	// never shown to them or to those below them.
	AboutOffice  string `json:"about_office,omitempty" maxLength:"80"`
	AboutOfficer string `json:"about_officer,omitempty" maxLength:"480"`
}

// ActBody does something to a case.
type ActBody struct {
	Case   string `json:"case" maxLength:"64"` // id
	Action string `json:"action" maxLength:"32"`
	// ExpectedVersion, for officers, is the version they looked at.
	ExpectedVersion int64   `json:"expected_version,omitempty"`
	Text            string  `json:"text,omitempty" maxLength:"16000"`
	ToOffice        string  `json:"to_office,omitempty" maxLength:"80"`
	ToOfficer       string  `json:"to_officer,omitempty" maxLength:"80"`
	Disposition     string  `json:"disposition,omitempty" maxLength:"32"`
	Files           []File  `json:"files,omitempty" maxItems:"5"`
	Rating          *Rating `json:"rating,omitempty"`
}

// OpenBody tells that an officer opened a case they hold on their device, for
// the citizen's access log.
type OpenBody struct {
	Case string `json:"case" maxLength:"64"` // id
}

// AnswerStatus is what became of one operation.
type AnswerStatus string

// The statuses of an answer.
const (
	Applied     AnswerStatus = "applied"
	Duplicate   AnswerStatus = "duplicate" // applied before; the same result
	Rejected    AnswerStatus = "rejected"  // final; Problem says why
	RetryAfter  AnswerStatus = "retry_after"
	Quarantined AnswerStatus = "quarantined" // kept on the server, a person looks
	Upgrade     AnswerStatus = "upgrade"     // this server cannot read it yet, or the app is too old
	ResetDevice AnswerStatus = "reset_device"
)

// Answer is the server's word on one operation.
type Answer struct {
	Op                string       `json:"op"`
	Status            AnswerStatus `json:"status"`
	Problem           *Problem     `json:"problem,omitempty"`
	RetryAfterSeconds int          `json:"retry_after_seconds,omitempty"`
	// Case, Code, Version and LodgedAt tell what the operation led to: the
	// device's overlay may go once it holds the case at Version.
	Case     string    `json:"case,omitempty"`
	Code     string    `json:"code,omitempty"`
	Version  int64     `json:"version,omitempty"`
	LodgedAt time.Time `json:"lodged_at,omitzero"`
	// Receipt is the server's signature over id, code, filing time and body
	// hash; keep it for ever.
	Receipt string `json:"receipt,omitempty"`
}

// SyncResponse answers operations one by one and brings what is new.
type SyncResponse struct {
	Request int64     `json:"request"`
	Time    time.Time `json:"time"` // the server's clock
	Epoch   string    `json:"epoch"`
	Answers []Answer  `json:"answers,omitempty"`
	Feeds   []Page    `json:"feeds,omitempty"`
	// Collections are the versions (ETags) of the public collections and, for
	// officers, of "officers".
	Collections map[string]string `json:"collections,omitempty"`
	// Waiting is set while complaints of before this device's sign-in are hidden
	// because nobody has approved it; when it goes, read all feeds again from 0.
	Waiting bool `json:"waiting,omitempty"`
	// Busy means that operations were answered, but that there was no room to read
	// the feeds: ask again without operations.
	Busy bool `json:"busy,omitempty"`
	// Mismatch lists feeds whose checksum differs: read them again from 0.
	Mismatch []string `json:"mismatch,omitempty"`
}

// Page is a stretch of one feed.
type Page struct {
	Feed string `json:"feed"`
	// From is the cursor the page starts after; Head is the feed's last number.
	From int64 `json:"from"`
	Head int64 `json:"head"`
	// Reset means the cursor is older than what is kept, or of another epoch:
	// drop what came from this feed (never drafts or the outbox), take the
	// snapshot's cases, and go on from Next.
	Reset bool `json:"reset,omitempty"`
	// Next is the cursor after this page.
	Next int64 `json:"next"`
	// Sum, on a reset, is the feed's checksum at Next.
	Sum     int64   `json:"sum,omitempty"`
	Entries []Entry `json:"entries,omitempty"`
	// More is set when another page is waiting.
	More bool `json:"more,omitempty"`
	// SnapshotAfter is set while more parts of a snapshot wait: send it back in
	// the cursor. Entries published meanwhile come after the last part; applying
	// one twice changes nothing.
	SnapshotAfter string `json:"snapshot_after,omitempty"`
}

// Entry is one line of a feed. In a snapshot N is 0 and Type "grant".
type Entry struct {
	N    int64  `json:"n"`
	Type string `json:"type"` // event, grant, forget
	Case string `json:"case"`
	// Event is the number of the event it tells of.
	Event int64 `json:"event,omitempty"`
	// Gone means the case is not the reader's to see any more, whatever the type
	// says (which stays, for the checksum): forget it.
	Gone bool `json:"gone,omitempty"`
	// Complaint is the case as it is now; it comes with the last entry of a
	// page that concerns it. Events are those the entry tells of: one, or all
	// on a grant.
	Complaint *Complaint `json:"complaint,omitempty"`
	Events    []Event    `json:"events,omitempty"`
}

// Types of feed entry.
const (
	EntryEvent  = "event"
	EntryGrant  = "grant"
	EntryForget = "forget"
)
