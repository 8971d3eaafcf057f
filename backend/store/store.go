// Package store is the storage contract: a transaction with about two dozen
// verbs in which a case's state, its events, the operation that caused them and
// the feeds commit together. Two engines keep it, sqlite and postgres, and
// storetest is the conformance suite both pass.
//
// It persists portal types and raw JSON documents of its callers. It must never
// know HTTP, the wire format, roles beyond a Scope, or the rules of a case.
//
// Start reading at Store and Tx; then sqltx, the SQL that both engines share.
package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
)

// Errors of the contract. ErrNotFound is portal's, so that "not there" and "not
// yours" look the same all the way up.
var (
	ErrNotFound = portal.ErrNotFound
	// ErrExists means a case with this id or code is there already.
	ErrExists = errors.New("already exists")
	// ErrClosed means the store has been closed.
	ErrClosed = errors.New("store is closed")
	// ErrNewer means the data was written by a newer program.
	ErrNewer = errors.New("data is newer than this program")
)

// Store keeps the portal's data. Implementations are safe for concurrent use.
type Store interface {
	// View runs f on a consistent snapshot. f must not write.
	View(ctx context.Context, f func(Tx) error) error
	// Update runs f in a transaction that is durable (fsynced) when Update
	// returns nil. An error from f rolls everything back and is returned as it
	// is. f may run more than once (serialisation failures, failover) and so
	// must have no effect but through its Tx.
	Update(ctx context.Context, f func(Tx) error) error
	// OnPublish sets the function told, after each commit on any node, which
	// feeds have grown; nil means that any may have (the link to the other nodes
	// was down for a while). It is a wake-up only: the tables are the truth.
	// Call it once, before use; f must be quick.
	OnPublish(f func(feeds []FeedID))
	// Check recounts everything that is maintained (feeds gapless, counters,
	// versions, timers, desks) and lists what does not agree; none is right.
	Check(ctx context.Context, expect Expect) ([]string, error)
	// Backup writes a consistent copy of all data to a new file, while writes
	// go on. It is the engine's own format.
	Backup(ctx context.Context, file string) error
	// Scrub makes what was deleted or erased unreadable in the store's own files,
	// its journal included, as far as the engine can; docs/security.md says how
	// far that is. It may take seconds and waits for readers. whole does all that
	// can be done however long writers wait, for an operator at a quiet hour.
	Scrub(ctx context.Context, whole bool) error
	// Close waits for running transactions and releases everything.
	Close() error
}

// Expect gives Check the rules it cannot know: the timers a case should have.
type Expect struct {
	Timers func(portal.Case) Timers
}

// Scope says whose eyes a query looks through. The zero Scope sees nothing; a
// query cannot be written without one.
type Scope struct {
	account portal.AccountID
	office  portal.OfficeID
	// also is the desk of a charge that the officer holds beside the own post.
	also portal.OfficeID
	// officer is who looks at the office's desk: some of what lies there may be
	// about them.
	officer *portal.Actor
	all     bool
}

// ScopeOf gives the scope of an actor: a citizen's own cases, or an officer's
// desk. The system sees everything.
func ScopeOf(a portal.Actor) Scope {
	switch a.Kind {
	case portal.CitizenActor:
		return Scope{account: a.Account}
	case portal.OfficerActor:
		desks := a.Desks()
		switch len(desks) {
		case 0:
			return Scope{}
		case 1:
			return Scope{office: desks[0].Office, officer: &a}
		}
		return Scope{office: desks[0].Office, also: desks[1].Office, officer: &a}
	case portal.SystemActor:
		return Scope{all: true}
	}
	return Scope{}
}

// ScopeOfDesk gives the scope of an office's desk as the system sees it, for
// counting what an office has; no person looks through it.
func ScopeOfDesk(o portal.OfficeID) Scope { return Scope{office: o} }

// Account is the citizen the scope is limited to, Offices the desks, All neither.
func (s Scope) Account() portal.AccountID { return s.account }

// Offices are the desks the scope is limited to: none, one, or with a charge
// two.
func (s Scope) Offices() []portal.OfficeID {
	switch {
	case s.office == "":
		return nil
	case s.also == "":
		return []portal.OfficeID{s.office}
	}
	return []portal.OfficeID{s.office, s.also}
}

// All reports whether the scope sees every case.
func (s Scope) All() bool { return s.all }

// Sees reports whether a case is in scope.
func (s Scope) Sees(c portal.Case) bool {
	if s.all || s.account != "" && c.Citizen == s.account {
		return true
	}
	onDesk := slices.ContainsFunc(s.Offices(), func(o portal.OfficeID) bool { return slices.Contains(c.Desks, o) })
	return onDesk && (s.officer == nil || !s.officer.BarredFrom(c))
}

// FeedID names a feed: "c:ACCOUNT" for a citizen, "o:OFFICE" for a desk.
type FeedID string

// CitizenFeed and DeskFeed name the feeds there are.
func CitizenFeed(a portal.AccountID) FeedID { return FeedID("c:" + a) }

// DeskFeed names an office's feed.
func DeskFeed(o portal.OfficeID) FeedID { return FeedID("o:" + o) }

// EntryType says what a feed entry tells its reader.
type EntryType string

// The types of entry.
const (
	EntryEvent  EntryType = "event"  // event number Event happened to Case
	EntryGrant  EntryType = "grant"  // the whole case is yours to see from now on
	EntryForget EntryType = "forget" // no longer yours to see: a tombstone
)

// Entry is one line of a feed. N counts from 1 without gaps within its feed.
type Entry struct {
	N     int64
	Type  EntryType
	Case  string
	Event int64
	At    time.Time
}

// FeedHead is a feed's last number, the oldest number still kept, and the
// checksum over all entries ever published (see ChecksumEntry).
type FeedHead struct {
	N, Oldest int64
	Sum       int64
}

// ChecksumModulus keeps a feed's checksum inside 52 bits, so that sums never
// overflow in either engine nor lose digits in JSON.
const ChecksumModulus = 1<<52 - 47

// Timers are the instants at which the clock has work on a case; zero for none.
type Timers struct {
	Escalate time.Time
	Silence  time.Time
}

// Timer names one of the timers.
type Timer string

// The timers.
const (
	TimerEscalate Timer = "escalate"
	TimerSilence  Timer = "silence"
)

// Page asks for part of a list, newest first. Before is the LodgedAt and ID of
// the last case already seen; zero starts at the newest.
type Page struct {
	BeforeTime time.Time
	BeforeID   string
	Limit      int
	// OpenOnly leaves out closed cases.
	OpenOnly bool
}

// Operation is the memory of one command that was carried out or refused, kept
// for ever so that a repeat gets the same answer.
type Operation struct {
	Op     string // client-made id
	Device string
	N      int64  // the device's counter
	Hash   string // SHA-256 of the body, hex
	Result []byte // the answer as it was given
	At     time.Time
}

// Metric names what a counter counts.
type Metric string

// The metrics. Gauges go up and down and have no day; the others count up per
// day (YYYY-MM-DD, UTC).
const (
	GaugeStatus     Metric = "status" // Key is "category|status|level"
	CountRegistered Metric = "registered"
	CountClosed     Metric = "closed"
	CountEscalated  Metric = "escalated"
	CountRated      Metric = "rated"
	CountSatisfied  Metric = "satisfied"
)

// Counter is one maintained number of a district.
type Counter struct {
	District portal.AreaID
	Metric   Metric
	Key      string // what it is broken down by; see the metric
	Day      string
	N        int64
}

// Record is a small document of a use case (an account, a session, an officer):
// the store keeps it by kind and id, finds it by the second key By, and may
// delete it once ExpiresAt has passed.
type Record struct {
	Kind      string
	ID        string
	By        string
	Doc       []byte
	ExpiresAt time.Time
}

// AuditEntry is one line of the append-only audit log. Events of cases are
// their own audit; this holds sign-ins, refusals, administration, reveals.
type AuditEntry struct {
	N       int64 // assigned by the store, without gaps; pages AuditLog
	At      time.Time
	Actor   string
	Action  string
	Subject string
	Detail  string
}

// Tx is one transaction. Writes may be held back and sent together at commit,
// feeds last and in sorted order (so that two transactions never wait for each
// other in a circle); a read inside the same transaction sees earlier writes.
type Tx interface {
	CaseTx
	FeedTx
	RecordTx
	LogTx
}

// CaseTx reads and writes cases. In an Update, Case and CaseByCode lock the case
// until commit, so that two actions on one case never interleave.
type CaseTx interface {
	Case(ctx context.Context, s Scope, id string) (portal.Case, error)
	CaseByCode(ctx context.Context, s Scope, code portal.Code) (portal.Case, error)
	Cases(ctx context.Context, s Scope, p Page) ([]portal.Case, error)
	// Filed says when an account filed its nth newest case (from 1); the zero time
	// when it has fewer.
	Filed(ctx context.Context, account portal.AccountID, nth int) (time.Time, error)
	// Body gives what was filed, as CreateCase stored it.
	Body(ctx context.Context, id string) ([]byte, error)
	// Bodies gives what was filed for several cases at once, by id.
	Bodies(ctx context.Context, ids []string) (map[string][]byte, error)
	// Events gives a case's events with numbers above after, in order.
	Events(ctx context.Context, id string, after int64) ([]portal.Event, error)
	// EventsOf gives all events of several cases at once, by id, in order.
	EventsOf(ctx context.Context, ids []string) (map[string][]portal.Event, error)

	// CreateCase adds a case with its body and first event. ErrExists when its
	// id or code is taken.
	CreateCase(ctx context.Context, c portal.Case, t Timers, body []byte, first portal.Event) error
	// PutCase stores the case as it is after events, and appends them.
	PutCase(ctx context.Context, c portal.Case, t Timers, events []portal.Event) error
	// EraseCase replaces what a case's people wrote: its body, its rating, and
	// the events given, each in place of the one with its number. The case's
	// state, version, feeds and counters stay as they are.
	EraseCase(ctx context.Context, c portal.Case, body []byte, events []portal.Event) error
	// Due claims up to limit cases whose timer is at or before asOf, the most
	// overdue first; a case claimed by another transaction is skipped.
	Due(ctx context.Context, t Timer, asOf time.Time, limit int) ([]portal.Case, error)

	// Operation finds what was remembered under op, or under the device's
	// counter n; ErrNotFound when neither is known.
	Operation(ctx context.Context, op, device string, n int64) (Operation, error)
	Remember(ctx context.Context, o Operation) error
	// Count adds delta to a counter.
	Count(ctx context.Context, c Counter, delta int64) error
	// Counters lists a metric's counters, of one district or ("") of all.
	Counters(ctx context.Context, m Metric, district portal.AreaID) ([]Counter, error)
}

// FeedTx reads and grows feeds.
type FeedTx interface {
	// Publish appends an entry at commit; its N is assigned then.
	Publish(ctx context.Context, f FeedID, e Entry) error
	FeedHead(ctx context.Context, f FeedID) (FeedHead, error)
	// FeedEntries gives up to limit entries with numbers above after, in order.
	FeedEntries(ctx context.Context, f FeedID, after int64, limit int) ([]Entry, error)
	// LongFeeds lists up to limit feeds, by id, that hold more than keep entries
	// and whose oldest entry is of before a moment: what trimming begins with.
	LongFeeds(ctx context.Context, before time.Time, keep int64, limit int) ([]FeedID, error)
	// TrimFeed deletes entries below n.
	TrimFeed(ctx context.Context, f FeedID, below int64) error
	// FeedCases lists the ids a reader of the feed holds now: a snapshot.
	FeedCases(ctx context.Context, f FeedID, afterID string, limit int) ([]string, error)
}

// RecordTx keeps the small documents of use cases.
type RecordTx interface {
	// Record gives one document; in an Update it is locked until commit.
	Record(ctx context.Context, kind, id string) (Record, error)
	// Records lists a kind's documents, all or those with a second key, by id.
	Records(ctx context.Context, kind, by string) ([]Record, error)
	PutRecord(ctx context.Context, r Record) error
	DeleteRecord(ctx context.Context, kind, id string) error
	// Expire deletes up to limit documents that expired before now.
	Expire(ctx context.Context, now time.Time, limit int) (int, error)
	// Lock makes transactions with the same key run one after the other, on all
	// nodes, until commit.
	Lock(ctx context.Context, key string) error
	// Audit appends to the audit log; AuditLog reads it, oldest first.
	Audit(ctx context.Context, e AuditEntry) error
	AuditLog(ctx context.Context, after int64, limit int) ([]AuditEntry, error)
	// AuditHead is where the audit log's chain ends.
	AuditHead(ctx context.Context) (AuditHead, error)
}
