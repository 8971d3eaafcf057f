package simtest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk"
)

func keysOf[K cmp.Ordered, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

// rest makes good weather, lets everybody come to an end, and checks everything
// that must hold then.
func (w *world) rest() {
	w.calm.Store(true)
	if w.host.server() == nil {
		if err := w.host.start(); err != nil {
			w.violate("server: %v", err)
			return
		}
	}
	w.late.Wait()
	for _, p := range append(w.phones, w.officers...) {
		p.armed.Store(0)
		p.link.set(func(l *link) { l.offline, l.slow = false, false })
		w.upgrade(p) // also asks again what an older program was too old for
	}
	w.settle()
	if w.failed() {
		return
	}
	for _, p := range append(w.phones, w.officers...) {
		w.checkDependents(p)
	}
	w.checkServer()
	w.checkScreens(func(p *phone) bool { return !p.hiding })
	if w.failed() {
		return
	}
	w.checkNewDevices()
	for _, p := range w.phones {
		if w.plan.restores {
			p.excused = "" // a folder's troubles may show much later
		}
	}
}

// settle syncs everybody until nothing moves any more.
func (w *world) settle() {
	for round := range 14 {
		moved := false
		for _, p := range w.phones {
			users := p.users()
			if round > 1 {
				users = users[len(users)-1:]
			}
			for _, who := range users {
				moved = w.settlePhone(p, who) || moved
			}
		}
		for _, o := range w.officers {
			moved = w.settlePhone(o, o.people[0]) || moved
		}
		if !moved {
			return
		}
		time.Sleep(8 * time.Minute)
	}
	w.violate("no rest: something is still moving after two hours of good weather")
}

// users is who has something on a phone: the one who uses it comes last, so
// that the phone ends as it began.
func (p *phone) users() []*person {
	var out []*person
	for _, who := range p.people {
		if who != p.who && p.known[who] {
			out = append(out, who)
		}
	}
	if p.who != nil {
		return append(out, p.who)
	}
	return append(out, p.people[0])
}

// settlePhone syncs one account of a phone and reports whether anything moved.
func (w *world) settlePhone(p *phone, who *person) bool {
	moved := false
	for p.who != who || !p.client.Accounts.SignedIn() {
		moved = true
		if p.who != nil && p.who != who {
			if err := p.leave(w.ctx); err != nil {
				w.violate("%v", err)
				return false
			}
		}
		if err := p.signIn(w.ctx, who); err != nil {
			w.violate("%s: %v", p.name, err)
			return false
		}
	}
	before, err := p.waiting()
	if err != nil {
		w.violate("%s: %v", p.name, err)
	}
	res, err := p.sync()
	if err != nil {
		w.tracef("%s: sync in good weather: %v", p.name, err)
	}
	if p.who == nil {
		return true
	}
	waiting, err2 := p.waiting()
	if err2 != nil {
		w.violate("%s: %v", p.name, err2)
	}
	return moved || err != nil || res.Received+before+waiting > 0
}

// waiting counts what is in the outbox and not with a person of the server's.
func (p *phone) waiting() (int, error) {
	out, err := p.client.Sync.Outbox(context.Background())
	held := map[string]bool{}
	n := 0
	for _, q := range out {
		if q.State == sdk.Checking {
			held[q.Complaint] = true
		}
	}
	attention, err2 := p.client.Sync.Attention(context.Background())
	for _, q := range attention {
		held[q.Complaint] = true
	}
	for _, q := range out {
		if q.State != sdk.Checking && !held[q.Complaint] {
			n++
		}
	}
	if err == nil {
		err = err2
	}
	return n, err
}

// checkDependents: nothing waits for what was refused.
func (w *world) checkDependents(p *phone) {
	refused := map[string]bool{}
	items, err := p.client.Sync.Attention(w.ctx)
	for _, q := range items {
		refused[q.Op] = true
	}
	out, err2 := p.client.Sync.Outbox(w.ctx)
	if err := errors.Join(err, err2); err != nil {
		w.violate("%s: %v", p.name, err)
	}
	for _, q := range out {
		for _, dep := range q.DependsOn {
			if refused[dep] {
				w.violate("%s: %q waits for %s, which was refused", p.name, q.Text, short(dep))
			}
		}
	}
}

// checkServer: the store agrees with itself, and with what people saved.
func (w *world) checkServer() {
	faults, err := w.host.server().Check(w.ctx)
	if err != nil {
		w.violate("check: %v", err)
	}
	for _, f := range faults {
		w.violate("check: %s", f)
	}
	cases, err := w.cases(store.ScopeOf(portal.Actor{Kind: portal.SystemActor}))
	if err != nil {
		w.violate("cases: %v", err)
		return
	}
	w.checkFilings(cases)
	w.checkActs(cases)
}

// kept is a case as the store has it.
type kept struct {
	portal.Case
	text   string
	events []portal.Event
}

func (w *world) cases(scope store.Scope) ([]kept, error) {
	var out []kept
	err := w.host.server().Store.View(w.ctx, func(tx store.Tx) error {
		list, err := tx.Cases(w.ctx, scope, store.Page{Limit: 10_000})
		if err != nil {
			return err
		}
		for _, c := range list {
			body, err := tx.Body(w.ctx, c.ID)
			if err != nil {
				return err
			}
			var filed portal.Complaint
			if err := json.Unmarshal(body, &filed); err != nil {
				return err
			}
			events, err := tx.Events(w.ctx, c.ID, 0)
			if err != nil {
				return err
			}
			out = append(out, kept{c, filed.Text, events})
		}
		return nil
	})
	return out, err
}

// checkFilings: every complaint that was saved is there once, as it was told to
// its owner; none that nobody filed, none that was taken back.
func (w *world) checkFilings(cases []kept) {
	defer w.ledger.lock()()
	count := map[string]int{}
	for _, c := range cases {
		count[c.text]++
		f := w.ledger.filed[c.text]
		switch {
		case f == nil:
			w.violate("server has %s %q, which nobody filed", c.Code, c.text)
		case f.gone:
			w.violate("server has %q, which its owner took back before it was sent", c.text)
		case count[c.text] > 1:
			w.violate("server has %q %d times", c.text, count[c.text])
		default:
			f.told(w, "server", string(c.Code), c.LodgedAt)
		}
	}
	for _, text := range slices.Sorted(keysOf(w.ledger.filed)) {
		f := w.ledger.filed[text]
		if f.sure && !f.gone && !f.poison && count[text] == 0 {
			w.violate("%q was saved on %s and is not on the server", text, f.phone.name)
		}
	}
}

// checkActs: nothing that was said is there twice, nothing in another order
// than it was said in on one phone, and nothing is missing unless its phone
// shows what became of it.
func (w *world) checkActs(cases []kept) {
	defer w.ledger.lock()()
	at := map[string]int{}
	for _, c := range cases {
		for i, e := range c.events {
			a := w.ledger.acts[e.Text]
			if a == nil {
				continue
			}
			if _, twice := at[e.Text]; twice {
				w.violate("server has %q twice", e.Text)
			}
			at[e.Text] = i + 1
		}
	}
	last := map[string]int{}
	for _, a := range w.ledger.order {
		n, there := at[a.text]
		if !there {
			if a.sure && !w.explained(a) {
				w.violate("%q was written on %s and is neither on the server nor explained", a.text, a.phone.name)
			}
			continue
		}
		key := a.phone.name + a.owner.name + a.lane
		if n < last[key] {
			w.violate("%q came before what was written earlier on %s", a.text, a.phone.name)
		}
		last[key] = n
	}
}

// explained: the phone shows it as refused, waiting behind something refused,
// or being checked; or its complaint was taken back.
func (w *world) explained(a *act) bool {
	f := w.filingByID(a.lane)
	if f != nil && (f.gone || !f.sure) {
		return true
	}
	if a.phone.who != a.owner {
		return true // parked on a shared phone; it was checked when its turn came
	}
	ctx := context.Background()
	out, _ := a.phone.client.Sync.Outbox(ctx)
	items, _ := a.phone.client.Sync.Attention(ctx)
	return slices.ContainsFunc(append(out, items...), func(q sdk.Queued) bool { return q.Op == a.op || q.Text == a.text })
}

func (w *world) filingByID(id string) *filing {
	for _, f := range w.ledger.filed {
		if f.id == id {
			return f
		}
	}
	return nil
}

// checkScreens: what phones show is what the server would show them.
func (w *world) checkScreens(which func(*phone) bool) {
	for _, p := range append(w.phones, w.officers...) {
		if p.who == nil || !which(p) {
			continue
		}
		profile, err := p.profile()
		if err != nil {
			w.violate("%s: profile: %v", p.name, err)
			continue
		}
		actor := portal.Actor{Kind: portal.CitizenActor, Account: portal.AccountID(strings.TrimPrefix(profile.Subject, "c:"))}
		if p.who.officer {
			o, _ := w.host.server().Directory.Current(w.ctx).Officer(portal.OfficerID(p.who.name))
			actor = portal.Actor{Kind: portal.OfficerActor, Officer: o}
		}
		want, err := w.cases(store.ScopeOf(actor))
		if err != nil {
			w.violate("cases of %s: %v", p.name, err)
		}
		w.compare(p, want)
	}
}

func (w *world) compare(p *phone, want []kept) {
	shown := map[string]sdk.Complaint{}
	for _, c := range p.complaints() {
		if c.Version > 0 || c.State == sdk.StateReceived {
			shown[c.ID] = c
		}
	}
	for _, k := range want {
		c, ok := shown[k.ID]
		delete(shown, k.ID)
		if !ok {
			w.violate("%s does not show %s %q", p.name, k.Code, k.text)
			continue
		}
		t, err := p.client.Complaints.Timeline(context.Background(), k.ID)
		if err != nil {
			w.violate("%s: timeline of %s: %v", p.name, k.Code, err)
			continue
		}
		var events []string
		for _, e := range t.Events {
			events = append(events, line(e.N, e.Action, e.Text, e.At, e.Status, e.Level))
		}
		have := fmt.Sprintf("%s %s %d v%d %s %s %q %s", c.Code, c.Status, c.Level, c.Version, stamp(c.LodgedAt), c.Holder, c.Text, strings.Join(events, " "))
		events = nil
		for _, e := range k.events {
			events = append(events, line(e.N, string(e.Action), e.Text, e.At, string(e.Status), e.Level))
		}
		is := fmt.Sprintf("%s %s %d v%d %s %s %q %s", k.Code, k.Status, k.Level, k.Version, stamp(k.LodgedAt), k.Office, k.text, strings.Join(events, " "))
		if have != is {
			w.violate("%s shows another %s than the server has:\n    %s\n    %s", p.name, k.Code, have, is)
		}
	}
	for _, id := range slices.Sorted(keysOf(shown)) {
		w.violate("%s shows %s %q, which is not its owner's to see (any more)", p.name, shown[id].Code, shown[id].Text)
	}
}

func line(n int64, action, text string, at time.Time, status string, level int) string {
	return fmt.Sprintf("[%d %s %q %s %s %d]", n, action, text, stamp(at), status, level)
}

func stamp(t time.Time) string { return t.UTC().Format("0102T150405.000") }

// checkNewDevices: a device that waited for its owner's approval, or three days,
// shows everything afterwards.
func (w *world) checkNewDevices() {
	waiting := false
	for _, p := range w.phones {
		waiting = waiting || p.hiding
	}
	if !waiting {
		return
	}
	time.Sleep(deviceWait + time.Hour)
	w.settle()
	for _, p := range w.phones {
		p.hiding = false
	}
	w.checkScreens(func(*phone) bool { return true })
}
