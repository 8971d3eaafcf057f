package simtest

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/citizens-portal/portal/backend/feed"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// script plays the scenario: some steps of life, then rest and a look at
// everything, twice.
func (w *world) script() {
	for half := range 2 {
		for range w.plan.steps {
			if w.failed() {
				return
			}
			w.steps++
			w.step()
		}
		w.tracef("comes to rest (%d)", half+1)
		w.rest()
		if w.failed() {
			return
		}
		w.calm.Store(false)
	}
}

// step lets some time pass and one thing happen.
func (w *world) step() {
	pause := time.Duration(w.rng.Int64N(int64(40 * time.Minute)))
	switch n := w.rng.IntN(100); {
	case n < 3:
		pause += time.Duration(w.rng.Int64N(int64(6 * 24 * time.Hour)))
	case n < 15:
		pause += time.Duration(w.rng.Int64N(int64(20 * time.Hour)))
	}
	time.Sleep(pause)
	p := w.phones[w.rng.IntN(len(w.phones))]
	p.maybeArm(220)
	switch n := w.rng.IntN(100); {
	case n < 18:
		w.use(p, p.lodge)
	case n < 24:
		w.use(p, p.write2)
	case n < 36:
		w.use(p, p.decide)
	case n < 50:
		w.use(p, func() { _, _ = p.sync() }) // that it may fail is the point
	case n < 60:
		w.use(p, func() { p.foreground(time.Duration(1+p.rng.IntN(15))*time.Minute, nil) })
	case n < 74:
		w.shift()
	case n < 78:
		p.link.set(func(l *link) { l.offline = !l.offline })
		w.tracef("%s: network gone or back", p.name)
	case n < 80:
		p.link.set(func(l *link) { l.slow = !l.slow })
	case n < 84:
		w.upgrade(p)
	case n < 87:
		w.handOver()
	case n < 89:
		w.outage()
	case n < 91:
		w.sweep()
	case n < 93:
		w.trim()
	case n < 95:
		w.turnClock(p)
	default:
		w.disaster(p)
	}
}

// use lets a phone that somebody uses do something; signed out, its owner signs
// in first.
func (w *world) use(p *phone, f func()) {
	if p.people[0] == w.young && w.plan.restores && w.host.backups == 0 {
		return // signs up after the first backup
	}
	if p.who == nil {
		who := p.people[w.rng.IntN(len(p.people))]
		w.mustSignIn(p, who)
	}
	if p.who == nil {
		return
	}
	f()
}

// mustSignIn signs in in calm weather: the sign-in's own faults are package
// identity's tests.
func (w *world) mustSignIn(p *phone, who *person) {
	was := w.calm.Swap(true)
	defer w.calm.Store(was)
	p.armed.Store(0)
	if err := p.signIn(w.ctx, who); err != nil {
		w.violate("%s: %v", p.name, err)
	}
}

// lodge writes a complaint and files it, perhaps from a draft.
func (p *phone) lodge() {
	text := p.w.text(p, "files")
	if p.rng.IntN(12) == 0 {
		text += " " + poison
	}
	d := sdk.Draft{Category: "rubbish", District: "swat", Text: text}
	f := p.w.ledger.file(p, text)
	var sub sdk.Submission
	var err error
	whole := p.run(func() {
		if p.rng.IntN(3) == 0 {
			if d, err = p.client.Complaints.SaveDraft(context.Background(), d); err != nil {
				return
			}
		}
		sub, err = p.client.Complaints.Lodge(context.Background(), d)
	})
	p.w.tracef("%s: files %q: %v (whole %v)", p.name, text, err, whole)
	if whole && err == nil {
		p.w.ledger.mu.Lock()
		f.sure, f.id = true, sub.Complaint.ID
		p.w.ledger.mu.Unlock()
	}
	p.observe()
	if whole && err == nil && p.rng.IntN(4) == 0 {
		p.say(sub.Complaint.ID)
		p.say(sub.Complaint.ID)
	}
	if whole && err == nil && p.rng.IntN(8) == 0 {
		p.takeBack(f, sub.Op)
	}
}

// takeBack takes a complaint back that may or may not have been sent.
func (p *phone) takeBack(f *filing, op string) {
	if p.rng.IntN(2) == 0 {
		_, _ = p.sync()
	}
	if p.who == nil {
		return
	}
	var err error
	whole := p.run(func() { err = p.client.Sync.Discard(context.Background(), op) })
	p.w.ledger.mu.Lock()
	defer p.w.ledger.mu.Unlock()
	switch {
	case whole && err == nil:
		f.gone = true
		p.w.tracef("%s: takes %q back", p.name, f.text)
	case !whole:
		f.sure = false
	}
}

// write2 keeps a draft, or goes on with one.
func (p *phone) write2() {
	d := sdk.Draft{Category: "rubbish", District: "swat", Text: p.w.text(p, "drafts")}
	for _, id := range slices.Sorted(keysOf(p.drafts)) {
		if p.rng.IntN(2) == 0 {
			d.ID = id
		}
	}
	var saved sdk.Draft
	var err error
	whole := p.run(func() { saved, err = p.client.Complaints.SaveDraft(context.Background(), d) })
	delete(p.drafts, d.ID)
	if whole && err == nil {
		p.drafts[saved.ID] = d.Text
	}
	p.observe()
}

// say writes a message to the office about a complaint.
func (p *phone) say(id string) {
	text := p.w.text(p, "says")
	if p.rng.IntN(25) == 0 {
		text += " " + poison
	}
	p.do(id, text, func() (sdk.Submission, error) { return p.client.Complaints.Message(context.Background(), id, text) })
}

func (p *phone) do(id, text string, f func() (sdk.Submission, error)) {
	a := p.w.ledger.act(p, id, text)
	var sub sdk.Submission
	var err error
	whole := p.run(func() { sub, err = f() })
	p.w.tracef("%s: %q: %v (whole %v)", p.name, text, err, whole)
	if whole && err == nil {
		p.w.ledger.mu.Lock()
		a.sure, a.op = true, sub.Op
		p.w.ledger.mu.Unlock()
	}
	p.observe()
}

// decide does something with one of the complaints on the screen.
func (p *phone) decide() {
	list := p.complaints()
	if len(list) == 0 {
		return
	}
	c := list[p.rng.IntN(len(list))]
	ctx := context.Background()
	text := p.w.text(p, "answers")
	allowed := func(action string) bool { return slices.Contains(c.AllowedActions, action) }
	switch n := p.rng.IntN(10); {
	case allowed("answer") && n < 7:
		p.do(c.ID, text, func() (sdk.Submission, error) { return p.client.Complaints.Answer(ctx, c.ID, text) })
	case allowed("reject") && n < 3:
		p.do(c.ID, text, func() (sdk.Submission, error) { return p.client.Complaints.Reject(ctx, c.ID, text) })
	case allowed("confirm") && n < 7:
		p.run(func() { _, _ = p.client.Complaints.Confirm(ctx, c.ID) })
	case allowed("rate") && n < 5:
		r := api.Rating{Time: 1 + n, Quality: 5 - n}
		p.run(func() { _, _ = p.client.Complaints.Rate(ctx, c.ID, r) })
	case allowed("reopen") && n < 7:
		p.do(c.ID, text, func() (sdk.Submission, error) { return p.client.Complaints.Reopen(ctx, c.ID, text) })
	case allowed("appeal") && n < 8:
		p.do(c.ID, text, func() (sdk.Submission, error) { return p.client.Complaints.Appeal(ctx, c.ID, text) })
	default:
		p.say(c.ID)
	}
}

// shift has officers at their desks, at the same time.
func (w *world) shift() {
	var wg sync.WaitGroup
	for i, o := range w.officers {
		if i > 0 && w.rng.IntN(2) == 0 {
			continue
		}
		work := 1 + w.rng.IntN(4)
		wg.Go(func() {
			time.Sleep(time.Duration(o.rng.Int64N(int64(time.Minute))))
			o.work(work)
		})
	}
	wg.Wait()
}

// work is an officer's shift: sign in, see what there is, act, send.
func (p *phone) work(acts int) {
	if p.who == nil || !p.client.Accounts.SignedIn() {
		p.who = nil
		err := p.signIn(p.w.ctx, p.people[0])
		if err != nil {
			p.w.tracef("%s: no way to sign in: %v", p.name, err)
			return
		}
	}
	_, _ = p.sync()
	for range acts {
		if p.who == nil {
			return
		}
		p.deskAct()
		if p.rng.IntN(2) == 0 {
			_, _ = p.sync()
		}
	}
	if p.who != nil {
		_, _ = p.sync()
	}
}

func (p *phone) deskAct() {
	list := p.complaints()
	if len(list) == 0 {
		return
	}
	c := list[p.rng.IntN(len(list))]
	ctx := context.Background()
	text := p.w.text(p, "decides")
	var f func() (sdk.Submission, error)
	action := ""
	if len(c.AllowedActions) > 0 {
		action = c.AllowedActions[p.rng.IntN(len(c.AllowedActions))]
	}
	d := p.client.Desk
	switch action {
	case "acknowledge":
		p.run(func() { _, _ = d.Acknowledge(ctx, c.ID) })
		return
	case "assign":
		f = func() (sdk.Submission, error) { return d.Assign(ctx, c.ID, "officer.swat", text) }
	case "transfer":
		to := "tma-swat"
		if c.Holder == to {
			to = "dc-swat"
		}
		f = func() (sdk.Submission, error) { return d.Transfer(ctx, c.ID, to, text) }
	case "ask":
		f = func() (sdk.Submission, error) { return d.Ask(ctx, c.ID, text) }
	case "propose":
		f = func() (sdk.Submission, error) { return d.Propose(ctx, c.ID, sdk.Proposal{Text: text}) }
	case "message":
		f = func() (sdk.Submission, error) { return p.client.Complaints.Message(ctx, c.ID, text) }
	default:
		return
	}
	p.do(c.ID, text, f)
}

// upgrade installs another version, whatever the outbox holds.
func (w *world) upgrade(p *phone) {
	p.version++
	if err := p.client.Close(); err != nil {
		w.violate("%s: close: %v", p.name, err)
	}
	if err := p.open(); err != nil {
		w.violate("%s: open as version %d: %v", p.name, p.version, err)
	}
	w.tracef("%s: version %d", p.name, p.version)
	p.observe()
}

// handOver gives the shared phone to the other of its users.
func (w *world) handOver() {
	p := w.phones[2]
	was := p.who
	if was == nil {
		return
	}
	calm := w.calm.Swap(true)
	p.armed.Store(0)
	if err := p.leave(w.ctx); err != nil {
		w.violate("%v", err)
	}
	w.calm.Store(calm)
	for _, next := range p.people {
		if next != was {
			w.mustSignIn(p, next)
			p.observe()
			return
		}
	}
}

// outage has the server away for a while.
func (w *world) outage() {
	w.tracef("server: down")
	if err := w.host.stop(); err != nil {
		w.violate("server: %v", err)
	}
	p := w.phones[w.rng.IntN(len(w.phones))]
	if p.who != nil && w.rng.IntN(2) == 0 {
		p.lodge()
		_, _ = p.sync()
	}
	time.Sleep(time.Duration(w.rng.Int64N(int64(3 * time.Hour))))
	if err := w.host.start(); err != nil {
		w.violate("server: %v", err)
	}
	w.tracef("server: up")
}

func (w *world) sweep() {
	swept, err := w.host.server().Sweep(w.ctx, time.Now())
	if err != nil {
		w.violate("sweep: %v", err)
	}
	w.tracef("sweep: %d up, %d closed, %d entries trimmed", len(swept.Escalated), len(swept.Silent), swept.Trimmed)
}

// trim throws old feed entries away, as the server's timed work does with longer
// times, so that readers who are behind get a snapshot.
func (w *world) trim() {
	if !w.plan.trims {
		return
	}
	keep := feed.Retention{Age: time.Duration(w.rng.Int64N(int64(20 * time.Hour))), Entries: 1 + w.rng.Int64N(4)}
	n, err := feed.Trim(w.ctx, w.host.server().Store, keep, time.Now())
	if err != nil {
		w.violate("trim: %v", err)
	}
	w.tracef("server: trims %d entries", n)
}

// turnClock sets a phone's clock wrong, or less wrong.
func (w *world) turnClock(p *phone) {
	if !w.plan.clocks {
		return
	}
	days := time.Duration(p.rng.IntN(160) - 80)
	p.skew = days*24*time.Hour + time.Duration(p.rng.Int64N(int64(time.Hour)))
	if p.rng.IntN(2) == 0 {
		p.skew = 0
	}
	w.tracef("%s: clock is off by %s", p.name, p.skew.Round(time.Minute))
}

// disaster is what a plan allows of the rare kinds of trouble.
func (w *world) disaster(p *phone) {
	p.armed.Store(0)
	switch {
	case w.plan.restores && (w.host.backup == "" || time.Since(w.host.backupAt) > 8*24*time.Hour):
		if err := w.host.takeBackup(w.ctx); err != nil {
			w.violate("backup: %v", err)
		}
		w.tracef("server: backed up")
	case w.plan.restores && w.host.restores < 2:
		w.restore()
	case w.plan.folders && p.who != nil:
		w.folder(p)
	}
}

func (w *world) restore() {
	age := time.Since(w.host.backupAt)
	if err := w.host.restore(w.ctx); err != nil {
		w.violate("restore: %v", err)
		return
	}
	w.tracef("server: restored from a backup %s old", age.Round(time.Minute))
	for _, p := range append(w.phones, w.officers...) {
		p.excused = "the server was restored"
	}
	if w.young.signedUpAt.After(w.host.backupAt) && w.young.signedUp {
		w.young.signedUp = false
		w.tracef("server: knows nothing of %s any more", w.young.name)
	}
	w.host.backup = ""
}

// folder copies a phone, sets one back, or damages its file.
func (w *world) folder(p *phone) {
	var err error
	switch w.rng.IntN(3) {
	case 0:
		err = w.clone(p)
	case 1:
		err = w.setBack(p)
	case 2:
		w.tracef("%s: its file is damaged", p.name)
		p.excused = "the account's file was damaged"
		p.hide(time.Now())
		if err = p.damage(); err == nil {
			w.noteDamage(p)
		}
	}
	if err != nil {
		w.violate("%s: %v", p.name, err)
	}
}

// noteDamage: drafts were in the damaged file only, everything unsent in the
// journal too.
func (w *world) noteDamage(p *phone) {
	p.drafts = map[string]string{}
	p.who = nil
}

// clone makes a second phone of a copied folder; both are used from then on.
func (w *world) clone(p *phone) error {
	if w.copies >= 2 || len(p.people) > 1 {
		return nil
	}
	w.copies++
	q := newPhone(w, fmt.Sprintf("%s-copy%d", p.name, w.copies), p.people...)
	if err := p.copyTo(q.dir); err != nil {
		return err
	}
	q.skew, q.version = p.skew, p.version
	q.who = p.who
	p.excused, q.excused = "it was copied", "it was copied"
	w.phones = append(w.phones, q)
	w.tracef("%s: copied to %s", p.name, q.name)
	return q.open()
}

// setBack uses a phone for a while and then goes back to a copy of before.
func (w *world) setBack(p *phone) error {
	dir := filepath.Join(w.dir, fmt.Sprintf("saved-%d", w.steps))
	since := time.Now()
	if err := p.copyTo(dir); err != nil {
		return err
	}
	drafts := map[string]string{}
	for id, text := range p.drafts {
		drafts[id] = text
	}
	p.lodge()
	if p.who != nil && p.rng.IntN(2) == 0 {
		_, _ = p.sync()
	}
	if p.who != nil {
		p.lodge()
	}
	if p.who == nil {
		return nil
	}
	w.tracef("%s: goes back to what it was %s ago", p.name, time.Since(since).Round(time.Second))
	w.ledger.unsure(p, since)
	p.drafts = drafts
	p.excused = "it was set back"
	return p.rollBack(dir)
}
