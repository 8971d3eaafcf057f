package model

import (
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// Mood is the tone of an event: a look that repeats what its words say.
type Mood uint8

// The moods.
const (
	Plain Mood = iota
	Good
	News
	Asking
	Higher
	Bad
	Overdue
)

// Event is one thing that happened to a case, in plain words.
type Event struct {
	Icon  assets.Icon
	Mood  Mood
	Title string
	When  string
	Body  string
}

// Rung is one office of the ladder.
type Rung struct {
	Office string
	When   string
	At     float32 // from 0 to 1 along the line
}

// Case is the page of one complaint.
type Case struct {
	ID, Code string
	Icon     assets.Icon
	Title    string
	Kind     string
	Place    string
	Holder   string
	Status   Status
	Left     string
	Late     bool

	Rungs   []Rung // empty before it is received and after it is closed
	Today   float32
	Current int
	Next    string // what follows if the date passes

	Text    string
	Ask     *Ask
	OnWay   []string // the citizen's own acts that the office does not have yet
	Refused []string // what the server did not take, to be settled on the sync page
	Events  []Event  // newest first
	Rating  string
	Photos  Photos  // the citizen's
	Office  []Photo // the office's
	Record  Record

	CanWrite, CanWithdraw, CanAppeal, CanReopen, CanRate bool
	// Saved: it waits on this phone and has no code yet.
	Saved  bool
	Sample bool
}

// CaseOf makes the page of a complaint.
func CaseOf(w Words, g Guide, c sdk.Complaint, events []api.Event, files []sdk.Attachment) Case {
	own, office := ownPhotos(files, events)
	row := RowOf(w, g, c)
	kind, _ := g.Kind(w, c.Category)
	p := Case{
		ID: c.ID, Code: c.Code, Icon: row.Icon, Title: row.Title, Kind: kind.Name, Place: g.Place(w, c.District, c.Area), Holder: row.Holder,
		Status: row.Status, Left: row.Left, Late: row.Late, Text: c.Text, Saved: c.Code == "", Sample: c.Sample,
		CanWrite: may(c, "message"), CanWithdraw: may(c, "withdraw") || c.Code == "", CanAppeal: may(c, "appeal"), CanReopen: may(c, "reopen"),
		CanRate: may(c, "rate"), Photos: PhotosOf(w, own), Office: shown(office),
	}
	if c.Place != "" {
		p.Place = c.Place + " · " + p.Place
	}
	if c.Rating != nil {
		p.Rating = w.T("rate.given", "time", w.numbered("rate", c.Rating.Time), "quality", w.numbered("rate", c.Rating.Quality))
	}
	if a, ok := AskOf(w, c, events); ok {
		a.Question = w.T("confirm.question")
		if !a.Decide {
			a.Question = w.T("ask.question")
		}
		p.Ask = &a
	}
	p.ladder(w, c)
	for _, a := range c.Pending {
		line := onWay(w, a)
		switch {
		case line == "" || a.State == sdk.Received:
		case a.State == sdk.Refused:
			p.Refused = append(p.Refused, line)
		default:
			p.OnWay = append(p.OnWay, line)
		}
	}
	for i := range events {
		p.Events = append(p.Events, eventOf(w, events[len(events)-1-i]))
	}
	return p
}

// ladder fills in the offices and dates, while there is a clock.
func (p *Case) ladder(w Words, c sdk.Complaint) {
	if c.Closed() || len(c.Ladder) < 2 {
		return
	}
	start, end := c.Ladder[0], c.Ladder[len(c.Ladder)-1]
	share := func(t time.Time) float32 {
		return min(max(float32(t.Sub(start))/float32(max(end.Sub(start), 1)), 0), 1)
	}
	for level, at := range c.Ladder {
		r := Rung{Office: w.numbered("level", level), When: w.Short(at), At: share(at)}
		if level == c.Level {
			r.When = w.T("due.here")
		}
		p.Rungs = append(p.Rungs, r)
	}
	p.Current, p.Today = c.Level, share(w.Now)
	// A proposal that waits for the citizen holds the next step back.
	if c.Status != "proposed" && !c.DueAt.IsZero() && c.Level+1 < len(c.Ladder) {
		p.Next = w.T("case.escalates", "date", w.Date(c.DueAt), "office", w.numbered("level", c.Level+1))
	}
}

// written says what an act of the citizen's is.
func written(w Words, a sdk.Pending) string {
	switch a.Action {
	case "lodge":
		return w.T("item.lodge")
	case "message", "ask":
		return w.T("item.message", "text", Title(a.Text))
	case "answer":
		return w.T("item.answer", "text", Title(a.Text))
	case "confirm":
		return w.T("event.confirm")
	case "reject":
		return w.T("event.reject")
	case "rate":
		return w.T("event.rate")
	case "reopen":
		return w.T("event.reopen")
	case "appeal":
		return w.T("event.appeal")
	case "withdraw":
		return w.T("event.withdraw")
	}
	return w.T("event.other")
}

// onWay says what the citizen did that has not arrived.
func onWay(w Words, a sdk.Pending) string {
	switch a.Action {
	case "message":
		return w.T("way.message", "text", Title(a.Text))
	case "answer":
		return w.T("way.answer", "text", Title(a.Text))
	case "confirm":
		return w.T("way.confirm")
	case "reject":
		return w.T("way.reject")
	case "rate":
		return w.T("way.rate")
	case "reopen":
		return w.T("way.reopen")
	case "appeal":
		return w.T("way.appeal")
	case "withdraw":
		return w.T("way.withdraw")
	}
	return ""
}

// eventOf says what happened, in words a shopkeeper uses.
func eventOf(w Words, e api.Event) Event {
	out := Event{When: w.When(e.At), Body: e.Text}
	to := w.In(e.ToName)
	citizen := e.Role == "citizen"
	set := func(icon assets.Icon, mood Mood, title string) { out.Icon, out.Mood, out.Title = icon, mood, title }
	switch e.Action {
	case "lodge":
		set(assets.IconCloudTick, Good, w.T("event.lodge"))
		out.Body = to
	case "acknowledge":
		set(assets.IconEye, News, w.T("event.acknowledge"))
	case "assign":
		set(assets.IconPerson, Plain, w.T("event.assign"))
		out.Body = to
	case "transfer":
		set(assets.IconTransfer, News, w.T("event.transfer"))
		out.Body = lines(to, e.Text)
	case "ask":
		set(assets.IconQuestion, Asking, w.T("event.ask"))
	case "answer":
		set(assets.IconMessage, Plain, w.T("event.answer"))
	case "message":
		set(assets.IconMessage, News, w.T("event.message_office"))
		if citizen {
			set(assets.IconMessage, Plain, w.T("event.message_you"))
		}
	case "propose":
		set(assets.IconQuestion, Asking, w.T("event.propose"))
	case "confirm":
		set(assets.IconTick, Good, w.T("event.confirm"))
	case "reject":
		set(assets.IconCross, Bad, w.T("event.reject"))
	case "silence":
		set(assets.IconBox, Plain, w.T("event.silence"))
	case "invalidate":
		set(assets.IconCross, Bad, w.T("event.invalidate"))
	case "rate":
		set(assets.IconStar, Plain, w.T("event.rate"))
	case "reopen":
		set(assets.IconLoop, News, w.T("event.reopen"))
	case "appeal":
		set(assets.IconStepsUp, Higher, w.T("event.appeal"))
		out.Body = lines(to, e.Text)
	case "withdraw":
		set(assets.IconBack, Plain, w.T("event.withdraw"))
	case "escalate":
		set(assets.IconArrowUp, Higher, w.T("event.escalate"))
		out.Body = to
	case "reveal":
		set(assets.IconEye, Asking, w.T("event.reveal"))
		out.Body = lines(e.Person, w.In(e.ByName), e.Text)
	case "reroute":
		set(assets.IconTransfer, News, w.T("event.reroute"))
		out.Body = to
	default:
		set(assets.IconInfo, Plain, w.T("event.other"))
	}
	if n := len(e.Files); n > 0 {
		out.Body = lines(out.Body, w.T("photo.with", "n", n))
	}
	return out
}

func lines(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n")
}

// Bubble is one message of the conversation.
type Bubble struct {
	Mine    bool
	From    string
	Text    string
	When    string
	Waiting bool // not yet with the office
}

// Talk is the conversation with the office, oldest first.
func Talk(w Words, c sdk.Complaint, events []api.Event) []Bubble {
	var out []Bubble
	for _, e := range events {
		if e.Text == "" || !slices.Contains([]string{"message", "ask", "answer", "propose", "reject"}, e.Action) {
			continue
		}
		b := Bubble{Mine: e.Role == "citizen", From: w.In(e.ByName), Text: e.Text, When: w.When(e.At)}
		if b.Mine {
			b.From = w.T("talk.you")
		}
		out = append(out, b)
	}
	for _, p := range c.Pending {
		if p.Text != "" && p.State == sdk.Waiting {
			out = append(out, Bubble{Mine: true, From: w.T("talk.you"), Text: p.Text, When: w.T("talk.waiting"), Waiting: true})
		}
	}
	return out
}

// Receipt is the page shown after filing.
type Receipt struct {
	ID     string
	Saved  bool // not yet received
	Code   string
	Track  string // what the QR code holds
	When   string
	Office string
	Due    string // the day by which it should be solved
	Next   string // what follows if not
	Photos Photos
}

// ReceiptOf makes the page shown after filing.
func ReceiptOf(w Words, g Guide, c sdk.Complaint, files []sdk.Attachment) Receipt {
	r := Receipt{ID: c.ID, Saved: c.Code == "", Code: c.Code, Track: c.Track, Office: office(w, g, c.District), Photos: PhotosOf(w, filed(files))}
	if r.Saved {
		return r
	}
	if !c.LodgedAt.IsZero() {
		r.When = w.T("received.when", "date", w.Date(c.LodgedAt), "time", w.Clock(c.LodgedAt))
	}
	if !c.DueAt.IsZero() {
		r.Due = w.T("received.due", "date", w.Date(c.DueAt))
		r.Next = w.T("received.then", "office", w.numbered("level", c.Level+1))
	}
	return r
}
