// Package backendtest is what the tests of the use cases start from: a made-up
// province in a real store, with the use cases over it, a clock that moves only
// when told, an SMS gateway that keeps what was sent, and short words for
// filing and acting. It must never be imported by anything but tests, nor know
// an engine: the store comes from the test, or from package engines beside it.
//
// Start reading at New.
package backendtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/escalation"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/identity/sms"
	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/seed/seedtest"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/transparency"
)

// Clock is the tests' time; it moves only when told.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now gives the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Set moves the clock to a moment.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// Forward moves the clock ahead.
func (c *Clock) Forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Phone is an SMS gateway that keeps what was sent.
type Phone struct {
	mu   sync.Mutex
	sent []sms.Message
}

// Send implements sms.Gateway.
func (p *Phone) Send(_ context.Context, m sms.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, m)
	return nil
}

// Sent gives all messages so far.
func (p *Phone) Sent() []sms.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]sms.Message(nil), p.sent...)
}

var sixDigits = regexp.MustCompile(`\d{6}`)

// OTP gives the one-time password of the newest SMS to a number.
func (p *Phone) OTP(t testing.TB, to string) string {
	t.Helper()
	sent := p.Sent()
	for i := len(sent) - 1; i >= 0; i-- {
		if sent[i].To == to {
			return sixDigits.FindString(sent[i].Text)
		}
	}
	t.Fatalf("no SMS to %s", to)
	return ""
}

// Notice is one thing that a citizen was told by SMS.
type Notice struct {
	Account portal.AccountID
	Action  portal.Action
	Code    portal.Code
}

// Node is one server's use cases over a store.
type Node struct {
	testing.TB
	Clock     *Clock
	Phone     *Phone
	Store     store.Store
	Keys      *keys.Ring
	Directory *directory.Service
	SMS       *sms.Queue
	Identity  *identity.Service
	Lifecycle *lifecycle.Service
	Sweeper   *escalation.Service
	// Transparency is the log; tests sequence it when they want to.
	Transparency *transparency.Log

	mu      sync.Mutex
	notices []Notice
}

// Filed is where a new node's clock stands.
var Filed = time.Date(2026, 5, 4, 9, 10, 11, 123_000_000, time.UTC)

// New puts the made-up province into an empty store and the use cases over it.
func New(t testing.TB, s store.Store) *Node {
	t.Helper()
	return Bare(t, s, seedtest.Testland())
}

// Bare is New with another directory.
func Bare(t testing.TB, s store.Store, data portal.Dataset) *Node {
	t.Helper()
	ring, err := keys.New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(context.Background(), func(tx store.Tx) error { return directory.Put(context.Background(), tx, data) })
	if err != nil {
		t.Fatal(err)
	}
	return newNode(t, s, ring, &Clock{at: Filed}, &Phone{})
}

// Beside gives another node of the same portal over a store, with the same
// keys, clock and phones.
func (n *Node) Beside(s store.Store) *Node {
	n.Helper()
	return newNode(n.TB, s, n.Keys, n.Clock, n.Phone)
}

func newNode(t testing.TB, s store.Store, ring *keys.Ring, clock *Clock, phone *Phone) *Node {
	t.Helper()
	dir, err := directory.New(context.Background(), s, clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{TB: t, Clock: clock, Phone: phone, Store: s, Keys: ring, Directory: dir}
	n.SMS = sms.NewQueue(sms.QueueConfig{Store: s, Keys: ring, Gateway: phone, Now: clock.Now})
	n.Identity = identity.New(identity.Config{Store: s, Keys: ring, SMS: n.SMS, Directory: dir.Current, Now: clock.Now})
	n.Lifecycle = lifecycle.New(lifecycle.Config{Store: s, Directory: dir.Current, Keys: ring, Notify: n.note, Now: clock.Now, Rand: rand.Reader})
	n.Sweeper = escalation.New(s, dir.Current, n.Lifecycle.Recorder, clock.Now)
	n.Transparency, err = transparency.New(transparency.Config{
		Store: s, Keys: ring, Now: clock.Now, Epoch: func(context.Context, store.Tx) (string, error) { return "test", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *Node) note(_ context.Context, _ store.Tx, a portal.AccountID, action portal.Action, code portal.Code) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.notices = append(n.notices, Notice{a, action, code})
	return nil
}

// Notices gives what citizens were told since the last call.
func (n *Node) Notices() []Notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := n.notices
	n.notices = nil
	return out
}

// Ctx is the context of what a test does.
func (n *Node) Ctx() context.Context { return context.Background() }

// Citizen gives the actor of an account.
func Citizen(account string) portal.Actor {
	return portal.Actor{Kind: portal.CitizenActor, Account: portal.AccountID(account)}
}

// Officer gives an officer of the directory as an actor.
func (n *Node) Officer(id string) portal.Actor {
	n.Helper()
	dir := n.Directory.Current(n.Ctx())
	o, ok := dir.Officer(portal.OfficerID(id))
	if !ok {
		n.Fatalf("no officer %s", id)
	}
	return portal.Actor{Kind: portal.OfficerActor, Officer: o}.In(dir)
}

// Filing is a complaint about a dry well in Oasis.
func Filing() lifecycle.Filing {
	return lifecycle.Filing{
		ID: uuid.NewString(), District: "tl/oasis/oasis", Category: "dry-well",
		Body: portal.Complaint{Text: "The well has been dry for a week.", Area: "tl/oasis/oasis/palms"},
	}
}

// Request is an operation of an actor, as their device first sends it.
func Request(a portal.Actor, body any) lifecycle.Request {
	raw, _ := json.Marshal(body) // test data always encodes
	sum := sha256.Sum256(raw)
	op := uuid.NewString()
	return lifecycle.Request{Actor: a, Op: op, Device: "device:" + op, N: 1, Hash: hex.EncodeToString(sum[:])}
}

// Lodge files a complaint for a citizen.
func (n *Node) Lodge(a portal.Actor, f lifecycle.Filing) lifecycle.Result {
	n.Helper()
	res, err := n.Lifecycle.Lodge(n.Ctx(), Request(a, f), f)
	if err != nil {
		n.Fatalf("lodge: %v", err)
	}
	return res
}

// Act does something to a case.
func (n *Node) Act(a portal.Actor, ask lifecycle.Ask) lifecycle.Result {
	n.Helper()
	res, err := n.TryAct(a, ask)
	if err != nil {
		n.Fatalf("%s: %v", ask.Action, err)
	}
	return res
}

// TryAct is Act with its error.
func (n *Node) TryAct(a portal.Actor, ask lifecycle.Ask) (lifecycle.Result, error) {
	return n.Lifecycle.Act(n.Ctx(), Request(a, ask), ask)
}

// Case gives a case as the system sees it.
func (n *Node) Case(id string) portal.Case {
	n.Helper()
	var c portal.Case
	n.View(func(tx store.Tx) (err error) {
		c, err = tx.Case(n.Ctx(), store.ScopeOf(portal.Actor{Kind: portal.SystemActor}), id)
		return err
	})
	return c
}

// Events gives what happened to a case.
func (n *Node) Events(id string) []portal.Event {
	n.Helper()
	var events []portal.Event
	n.View(func(tx store.Tx) (err error) {
		events, err = tx.Events(n.Ctx(), id, 0)
		return err
	})
	return events
}

// Feed gives all entries of a feed and its head.
func (n *Node) Feed(id store.FeedID) ([]store.Entry, store.FeedHead) {
	n.Helper()
	var entries []store.Entry
	var head store.FeedHead
	n.View(func(tx store.Tx) (err error) {
		if head, err = tx.FeedHead(n.Ctx(), id); err == nil {
			entries, err = tx.FeedEntries(n.Ctx(), id, head.Oldest-1, 1_000_000)
		}
		return err
	})
	return entries, head
}

// View runs f in a View that must succeed.
func (n *Node) View(f func(store.Tx) error) {
	n.Helper()
	if err := n.Store.View(n.Ctx(), f); err != nil {
		n.Fatal(err)
	}
}

// Update runs f in an Update that must succeed.
func (n *Node) Update(f func(store.Tx) error) {
	n.Helper()
	if err := n.Store.Update(n.Ctx(), f); err != nil {
		n.Fatal(err)
	}
}

// Check fails the test for everything in the store that does not agree.
func (n *Node) Check() {
	n.Helper()
	dir := n.Directory.Current(n.Ctx())
	found, err := n.Store.Check(n.Ctx(), store.Expect{Timers: func(c portal.Case) store.Timers { return lifecycle.Timers(dir, c) }})
	if err != nil {
		n.Fatalf("check: %v", err)
	}
	entries, err := n.Transparency.Check(n.Ctx())
	if err != nil {
		n.Fatalf("check of the log: %v", err)
	}
	for _, line := range append(found, entries...) {
		n.Errorf("check: %s", line)
	}
}
