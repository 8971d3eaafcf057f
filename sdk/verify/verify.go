package verify

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Outcome is what a check came to.
type Outcome string

// The outcomes.
const (
	// Verified: everything stands in the log, in time and unchanged.
	Verified Outcome = "verified"
	// Late: as Verified, but the filing was put into the log later than the
	// receipt promised.
	Late Outcome = "recorded_late"
	// Pending: nothing is wrong, but the newest events do not stand in the log
	// yet, and their time is not over.
	Pending Outcome = "pending"
	// Lost: the server was restored from a backup after the receipt was given,
	// and what the receipt promises was lost with that.
	Lost Outcome = "lost_with_restore"
	// NotVerified: something was changed, or a promise was broken.
	NotVerified Outcome = "not_verified"
)

// Result tells what a check came to and why.
type Result struct {
	Outcome Outcome `json:"outcome"`
	// Reason says in a sentence what is wrong; empty for Verified.
	Reason string `json:"reason,omitempty"`
	// PromisedAt and IntegratedAt are the receipt's moment of filing and that of
	// the first checkpoint with the filing; zero while not known.
	PromisedAt   time.Time `json:"promised_at,omitzero"`
	IntegratedAt time.Time `json:"integrated_at,omitzero"`
	// Checkpoint is what was proved against.
	Checkpoint Checkpoint `json:"-"`
	// Events are the events that verified, in order; of those that wait, nothing
	// but their own word is known.
	Events []VerifiedEvent `json:"-"`
}

// VerifiedEvent is an event whose bytes are those the log holds.
type VerifiedEvent struct {
	Event Event
	// Words are nil where they are not shown or were erased.
	Words *Words
	// Placed is false for one that waits for the sequencer.
	Placed bool
}

// OK reports whether nothing is wrong: Verified or Late.
func (r Result) OK() bool { return r.Outcome == Verified || r.Outcome == Late }

// Policy says whom to trust.
type Policy struct {
	Keys Keys
	// Quorum is how many witnesses must have cosigned the checkpoint.
	Quorum int
	// MergeDelay is what a receipt of the first version stands for; DefaultDelay
	// when zero.
	MergeDelay time.Duration
}

// DefaultDelay is how long the log may take to hold what was promised.
const DefaultDelay = time.Hour

// Verify checks a complaint's proof and, when there is one, its receipt: the
// keys' signatures, each event's bytes against its leaf, that the events follow
// each other without a gap, each leaf against the tree, and the time from the
// promise to the log. An empty receipt leaves out what only a receipt can show.
func (p Policy) Verify(receipt string, proof Proof) Result {
	c := checking{policy: p, proof: proof}
	if err := c.run(receipt); err != nil {
		return c.failed(err)
	}
	return c.result
}

// checking is one run of Verify.
type checking struct {
	policy     Policy
	proof      Proof
	result     Result
	receipt    Receipt
	promised   bool
	checkpoint Checkpoint
	earlier    []Checkpoint
	epochs     []Checkpoint
	waiting    bool
	leaves     []Hash
}

// mismatch is a reason for NotVerified, and lost one for Lost.
type mismatch string

func (m mismatch) Error() string { return string(m) }

type lost string

func (l lost) Error() string { return string(l) }

func wrong(format string, args ...any) error { return mismatch(fmt.Sprintf(format, args...)) }

func (c *checking) failed(err error) Result {
	out := c.result
	out.Outcome, out.Reason = NotVerified, err.Error()
	if l := lost(""); errors.As(err, &l) {
		out.Outcome = Lost
	}
	return out
}

func (c *checking) run(receipt string) error {
	steps := []func() error{
		func() error { return c.readReceipt(receipt) }, c.readCheckpoints, c.readEvents, c.matchReceipt, c.judgeTime,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (c *checking) readReceipt(text string) error {
	if text == "" {
		return nil
	}
	r, err := ParseReceipt(text)
	if err != nil {
		return err
	}
	if !r.SignedBy(c.policy.Keys.Public()...) {
		return wrong("the receipt was not signed by this portal")
	}
	if r.Within == 0 {
		r.Within = c.policy.delay()
	}
	c.receipt, c.promised = r, true
	c.result.PromisedAt = r.LodgedAt
	return nil
}

func (c *checking) readCheckpoints() error {
	var err error
	if c.checkpoint, err = c.policy.Keys.Open(c.proof.Checkpoint); err != nil {
		return err
	}
	c.result.Checkpoint = c.checkpoint
	if n := distinct(c.checkpoint.Witnesses); n < c.policy.Quorum {
		return wrong("%d of %d witnesses have signed the checkpoint", n, c.policy.Quorum)
	}
	for _, e := range c.proof.Earlier {
		got, err := c.policy.Keys.Open(e.Checkpoint)
		if err != nil {
			return err
		}
		if got.Log != c.checkpoint.Log || !Consistent(got, c.checkpoint, e.Consistency) {
			return wrong("the log was changed since its checkpoint of %s", Time(got.At))
		}
		c.earlier = append(c.earlier, got)
	}
	for _, text := range c.proof.Epochs {
		got, err := c.policy.Keys.Open(text)
		if err != nil {
			return err
		}
		if got.Previous == nil || got.Log != c.checkpoint.Log {
			return wrong("the restore of %s names no earlier epoch", Time(got.At))
		}
		c.epochs = append(c.epochs, got)
	}
	return nil
}

func distinct(names []string) int {
	seen := map[string]bool{}
	for _, n := range names {
		seen[n] = true
	}
	return len(seen)
}

// readEvents opens every event and follows the chain.
func (c *checking) readEvents() error {
	if len(c.proof.Events) == 0 {
		return c.missing("the portal has no event of this complaint")
	}
	for i, ep := range c.proof.Events {
		e, err := c.open(ep)
		if err != nil {
			return err
		}
		n := int64(i + 1)
		switch {
		case e.Event.N != n || e.Event.Case != c.proof.Case:
			return wrong("event %d says that it is event %d of complaint %s", n, e.Event.N, e.Event.Case)
		case i == 0 && e.Event.Prev != "", i > 0 && e.Event.Prev != Hex(c.leaves[i-1]):
			return wrong("event %d does not name event %d as it stands before it", n, n-1)
		}
		leaf := Commit(ep.Salt, []byte(ep.Event))
		if err := c.place(n, ep, leaf); err != nil {
			return err
		}
		e.Placed = ep.Position >= 0
		if e.Placed && c.waiting {
			return wrong("event %d stands in the log before event %d", n, n-1)
		}
		c.waiting = !e.Placed
		c.leaves = append(c.leaves, leaf)
		c.result.Events = append(c.result.Events, e)
	}
	return nil
}

// open reads an event and compares what is shown with what it commits to.
func (c *checking) open(ep EventProof) (VerifiedEvent, error) {
	e, err := ParseEvent([]byte(ep.Event))
	if err != nil {
		return VerifiedEvent{}, err
	}
	if len(ep.Salt) != SaltSize {
		return VerifiedEvent{}, wrong("event %d has no salt of %d bytes", e.N, SaltSize)
	}
	out := VerifiedEvent{Event: e}
	if ep.Words == "" {
		return out, nil
	}
	want, err := hexHash(e.Words)
	if err != nil || len(ep.WordsSalt) != SaltSize || Commit(ep.WordsSalt, []byte(ep.Words)) != want {
		return VerifiedEvent{}, wrong("the words of event %d are not those that were recorded", e.N)
	}
	out.Words, err = parseWords([]byte(ep.Words))
	return out, err
}

func (c *checking) place(n int64, ep EventProof, leaf Hash) error {
	if ep.Position < 0 {
		return nil
	}
	// The library answers a position outside the tree with an error too.
	if err := tlog.CheckRecord(ep.Inclusion, c.checkpoint.Size, c.checkpoint.Root, ep.Position, RecordHash(leaf)); err != nil {
		return wrong("event %d does not stand in the log", n)
	}
	first, err := c.first(ep)
	if err != nil {
		return err
	}
	if n == 1 {
		c.result.IntegratedAt = first.At
	}
	return nil
}

// first is the checkpoint with which an event is said to have entered the log.
func (c *checking) first(ep EventProof) (Checkpoint, error) {
	switch {
	case ep.First == -1:
		return c.checkpoint, nil
	case ep.First < 0 || ep.First >= len(c.earlier) || ep.Position >= c.earlier[ep.First].Size:
		return Checkpoint{}, wrong("the proof names a checkpoint that does not hold the event")
	}
	return c.earlier[ep.First], nil
}

// matchReceipt compares the first event with what was promised.
func (c *checking) matchReceipt() error {
	if !c.promised {
		return nil
	}
	first := c.result.Events[0].Event
	switch {
	case c.receipt.Case != c.proof.Case:
		return wrong("the receipt is for another complaint")
	case c.receipt.HasLeaf && c.receipt.Leaf != c.leaves[0]:
		return c.missing("the first event is not the one that the receipt promises")
	case first.At != Time(c.receipt.LodgedAt):
		return c.missing("it was filed at another time than the receipt says")
	case first.Code != "" && first.Code != c.receipt.Code:
		return wrong("the receipt was given under another code")
	}
	return nil
}

// missing is Lost when a restore explains it, else NotVerified.
func (c *checking) missing(why string) error {
	for _, e := range c.epochs {
		if c.promised && e.At.After(c.receipt.LodgedAt) {
			return lost(fmt.Sprintf("the server was restored from a backup at %s, after the receipt was given: %s", Time(e.At), why))
		}
	}
	return mismatch(why)
}

// judgeTime tells pending from broken and in time from late.
func (c *checking) judgeTime() error {
	within := c.receipt.Within
	if within == 0 {
		within = c.policy.delay()
	}
	for _, e := range c.result.Events {
		at, err := e.Event.Recorded()
		if err != nil {
			return wrong("event %d has no time: %v", e.Event.N, err)
		}
		if by := at.Add(within); !e.Placed && c.checkpoint.At.After(by) {
			return wrong("the log of %s does not hold event %d, which it had to hold by %s", Time(c.checkpoint.At), e.Event.N, Time(by))
		}
	}
	by := c.receipt.LodgedAt.Add(within)
	switch {
	case !c.result.Events[0].Placed:
		c.result.Outcome, c.result.Reason = Pending, "the portal has signed for it, and the log does not hold it yet"
	case c.waiting:
		c.result.Outcome, c.result.Reason = Pending, "the newest events do not stand in the log yet"
	case c.promised && c.result.IntegratedAt.After(by):
		c.result.Outcome = Late
		c.result.Reason = fmt.Sprintf("it was promised for the log by %s and stood in it at %s", Time(by), Time(c.result.IntegratedAt))
	default:
		c.result.Outcome = Verified
	}
	return nil
}

func (p Policy) delay() time.Duration {
	if p.MergeDelay > 0 {
		return p.MergeDelay
	}
	return DefaultDelay
}
