package simtest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/citizens-portal/portal/sdk"
)

// ledger is what people know of their own doing, on paper: what they saved,
// where, and what the portal told them about it. All texts differ, so that a
// text names what it belongs to.
type ledger struct {
	w  *world
	mu sync.Mutex
	// filed are complaints by text, acts by text.
	filed map[string]*filing
	acts  map[string]*act
	order []*act
}

type filing struct {
	text  string
	owner *person
	phone *phone
	at    time.Time
	id    string
	// sure: the app said that it is saved. Otherwise it stopped in the middle
	// and both is right.
	sure bool
	// gone: taken back before it was sent; it must never turn up.
	gone bool
	// poison: the server keeps it for a person to look at.
	poison bool
	// told by the portal, and stable from then on.
	code     string
	lodgedAt time.Time
	// acked: the phone that filed it has shown that the server has it, so that
	// it holds the receipt.
	acked bool
	// elsewhere: its phone went back to a time before it, so that the screen
	// shows it only after a sync.
	elsewhere bool
}

type act struct {
	text  string
	owner *person
	phone *phone
	at    time.Time
	lane  string
	op    string
	sure  bool
	// elsewhere: as of a filing.
	elsewhere bool
}

func newLedger(w *world) *ledger {
	return &ledger{w: w, filed: map[string]*filing{}, acts: map[string]*act{}}
}

func (l *ledger) lock() func() { l.mu.Lock(); return l.mu.Unlock }

// file notes a complaint that is about to be saved.
func (l *ledger) file(p *phone, text string) *filing {
	defer l.lock()()
	f := &filing{text: text, owner: p.who, phone: p, at: time.Now(), poison: strings.Contains(text, poison)}
	l.filed[text] = f
	return f
}

// act notes something about to be said or done to a complaint.
func (l *ledger) act(p *phone, lane, text string) *act {
	defer l.lock()()
	a := &act{text: text, owner: p.who, phone: p, at: time.Now(), lane: lane}
	l.acts[text] = a
	l.order = append(l.order, a)
	return a
}

// unsure is for what a phone saved since a moment and then lost with its
// folder: whether it had been sent nobody can tell.
func (l *ledger) unsure(p *phone, since time.Time) {
	defer l.lock()()
	for _, f := range l.filed {
		if f.phone == p && !f.at.Before(since) {
			f.sure, f.elsewhere = f.code != "", true
		}
	}
	for _, a := range l.acts {
		if a.phone == p && !a.at.Before(since) {
			a.sure, a.elsewhere = false, true
		}
	}
}

// seen compares a complaint on a screen with what was saved and told before.
func (l *ledger) seen(p *phone, c sdk.Complaint) {
	defer l.lock()()
	f := l.filed[c.Text]
	if f == nil {
		l.w.violate("%s shows a complaint that nobody filed: %s %q", p.name, c.Code, c.Text)
		return
	}
	if f.owner != p.who {
		l.w.violate("%s shows %s a complaint of %s", p.name, p.who.name, f.owner.name)
	}
	f.id = c.ID
	if c.Code == "" {
		return
	}
	f.told(l.w, p.name, c.Code, c.LodgedAt)
	f.acked = f.acked || f.phone == p && c.State == sdk.StateReceived
}

// told notes code and filing time, or finds that they changed.
func (f *filing) told(w *world, where, code string, at time.Time) {
	switch {
	case f.code == "":
		f.code, f.lodgedAt = code, at
		f.sure = true
	case f.code != code:
		w.violate("%s: the code of %q changed from %s to %s", where, f.text, f.code, code)
	case !f.acked && w.host.restores > 0 && at.After(f.lodgedAt):
		// The server had it, went back to before that, and got it once more; no
		// receipt had reached the phone. It was filed when it came for good.
		f.lodgedAt = at
	case !f.lodgedAt.Equal(at):
		w.violate("%s: the filing time of %s changed from %s to %s", where, code, f.lodgedAt, at)
	}
}

// readYourWrites: what was saved on a phone and not lost with its folder is on
// its screen, as a complaint or as something that is on its way.
func (l *ledger) readYourWrites(p *phone, shown map[string]sdk.Complaint) {
	defer l.lock()()
	texts := map[string]bool{}
	for _, c := range shown {
		texts[c.Text] = true
	}
	for _, f := range l.filed {
		if f.phone == p && f.owner == p.who && f.sure && !f.gone && !f.elsewhere && !p.w.hides(p, f) && !texts[f.text] {
			l.w.violate("%s: %q was saved here and is not on the screen", p.name, f.text)
		}
	}
	for _, a := range l.acts {
		c, ok := shown[a.lane]
		if a.phone != p || a.owner != p.who || !a.sure || a.elsewhere || !ok {
			continue
		}
		if !l.visible(p, c, a) {
			l.w.violate("%s: %q was written here and is not on the screen", p.name, a.text)
		}
	}
}

func (l *ledger) visible(p *phone, c sdk.Complaint, a *act) bool {
	if slices.ContainsFunc(c.Pending, func(q sdk.Pending) bool { return q.Text == a.text }) {
		return true
	}
	t, err := p.client.Complaints.Timeline(l.w.ctx, c.ID)
	if err != nil {
		l.w.violate("%s: timeline: %v", p.name, err)
		return true
	}
	for _, e := range t.Events {
		if e.Text == a.text {
			return true
		}
	}
	return false
}

func (l *ledger) checkDrafts(p *phone, drafts []sdk.Draft) {
	have := map[string]string{}
	for _, d := range drafts {
		have[d.ID] = d.Text
	}
	for id, text := range p.drafts {
		if p.who != nil && strings.HasPrefix(text, p.who.name) && have[id] != text {
			l.w.violate("%s: draft %s reads %q, its owner wrote %q", p.name, short(id), have[id], text)
		}
	}
}

// name gives a text that nothing else has.
func (w *world) text(p *phone, what string) string {
	w.texts++
	return fmt.Sprintf("%s %s %d on %s", p.who.name, what, w.texts, p.name)
}
