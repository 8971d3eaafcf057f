package model

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// DeskAction is something an officer may do, by its name on the wire.
type DeskAction string

// The actions, in the order of the bar.
const (
	DeskAcknowledge DeskAction = "acknowledge"
	DeskAssign      DeskAction = "assign"
	DeskPropose     DeskAction = "propose"
	DeskAsk         DeskAction = "ask"
	DeskTransfer    DeskAction = "transfer"
	DeskDecline     DeskAction = "invalidate"
	DeskMessage     DeskAction = "message" // not in the bar: written in the conversation
)

// What a solution may grant, and how many files may show it.
const (
	DispositionGranted = sdk.ReliefGranted
	DispositionPartial = sdk.ReliefPartial
	DispositionNone    = sdk.NotPossible
	MaxEvidence        = sdk.MaxFiles
)

// DeskTab is a part of the complaint's page.
type DeskTab string

// The tabs.
const (
	DeskTabCase    DeskTab = "complaint"
	DeskTabTalk    DeskTab = "conversation"
	DeskTabHistory DeskTab = "history"
)

// Fact is a line of the complaint's particulars.
type Fact struct{ Label, Value string }

// Said is the last thing that the citizen wrote.
type Said struct{ When, Text string }

// Refusal is an act of the officer's that the server did not take.
type Refusal struct {
	Op      string
	Action  DeskAction
	What    string   // "Assign to R. Gul"
	Why     string   // what happened
	Changed []string // what others did meanwhile
	Text    string   // what was written with it
	// Again: it is still allowed, so it can be sent as it is.
	Again bool
}

// DeskCase is the page of one complaint for an officer, who sees a pseudonym.
type DeskCase struct {
	ID, Code, Filed string
	Title           string
	Chips           []Due
	Sample          bool

	Rungs   []Rung
	Today   float32
	Current int
	Late    bool

	Text      string
	Files     string
	Facts     []Fact
	Last      *Said
	Assignees []Assignee
	Talk      []Bubble
	Events    []Event // newest first

	Actions    []DeskAction
	Primary    DeskAction // the one filled button; may be empty
	MayMessage bool
	MayReveal  bool // who filed it may be opened, with a reason
	OnWay      []string
	Refused    []Refusal
	// Evidence: the category asks for a photo or document with a solution.
	Evidence bool
}

// May reports whether an action is offered.
func (p DeskCase) May(a DeskAction) bool { return slices.Contains(p.Actions, a) }

// DeskCaseOf makes the page of a complaint. c is as the device holds it; the officer's
// own acts are shown over it.
func DeskCaseOf(w Words, g Guide, o Office, loads map[string]Workload, c sdk.Complaint, events []api.Event) DeskCase {
	c = withOwnActs(c)
	kind, _ := g.Kind(w, c.Category)
	p := DeskCase{
		ID: c.ID, Code: c.Code, Title: cmp.Or(Title(c.Text), kind.Name), Sample: c.Sample, Text: c.Text, Chips: deskChips(w, c),
		Evidence: g.evidence(c.Category), MayMessage: may(c, string(DeskMessage)),
		MayReveal: may(c, "reveal"),
	}
	if !c.LodgedAt.IsZero() {
		p.Filed = w.T("desk.filed", "date", w.Short(c.LodgedAt))
	}
	if n := len(c.Files); n > 0 {
		p.Files = w.T("desk.files", "n", n)
	}
	var ladder Case
	ladder.ladder(w, c)
	p.Rungs, p.Today, p.Current = ladder.Rungs, ladder.Today, ladder.Current
	_, p.Late = w.Left(c.DueAt)
	p.facts(w, g, o, c, kind.Name)
	p.actions(c)
	if p.May(DeskAssign) {
		p.Assignees = Assignees(w, o, loads, c)
	}
	for _, e := range slices.Backward(events) {
		p.Events = append(p.Events, deskEvent(w, o, e))
		if p.Last == nil && e.Role == "citizen" && e.Text != "" && e.Action != "lodge" {
			p.Last = &Said{When: sentence(w.When(e.At)), Text: e.Text}
		}
	}
	p.Talk = deskTalk(w, c, events)
	p.own(w, o, c, events)
	return p
}

// evidence reports whether a kind asks for a photo or document with a solution.
func (g Guide) evidence(code string) (wanted bool) {
	g.walk(g.Kinds, nil, func(k api.Category, _ []api.Category) {
		if k.Code == code {
			wanted = k.Evidence
		}
	})
	return wanted
}

func (p *DeskCase) facts(w Words, g Guide, o Office, c sdk.Complaint, kind string) {
	place := g.Place(w, c.District, c.Area)
	if c.Place != "" {
		place = c.Place + " · " + place
	}
	for _, f := range []Fact{
		{w.T("desk.citizen"), c.Citizen}, {w.T("desk.place"), place}, {w.T("desk.category"), kind},
		{w.T("desk.office"), cmp.Or(w.In(c.HolderName), o.OfficeName(w, c.Holder))},
		{w.T("desk.holder"), o.Holder(w, c.Officer, c.OfficerTitle)},
	} {
		if f.Value != "" {
			p.Facts = append(p.Facts, f)
		}
	}
}

// actions takes exactly what the server allows, in the order of the bar.
func (p *DeskCase) actions(c sdk.Complaint) {
	for _, a := range []DeskAction{DeskAcknowledge, DeskAssign, DeskPropose, DeskAsk, DeskTransfer, DeskDecline} {
		if may(c, string(a)) {
			p.Actions = append(p.Actions, a)
		}
	}
	switch {
	case p.May(DeskAcknowledge):
		p.Primary = DeskAcknowledge
	case p.May(DeskAssign) && c.Officer == "":
		p.Primary = DeskAssign
	case p.May(DeskPropose):
		p.Primary = DeskPropose
	}
}

// deskChips say where a complaint stands, for those who work on it.
func deskChips(w Words, c sdk.Complaint) []Due {
	var out []Due
	add := func(words string, icon assets.Icon, mood Mood) { out = append(out, Due{words, icon, mood}) }
	switch c.Status {
	case "new":
		add(w.T("desk.new"), assets.IconPlus, Plain)
	case "acknowledged":
		add(w.T("desk.seen"), assets.IconEye, News)
	case "assigned":
		add(w.T("status.in_progress"), assets.IconClock, News)
	case "waiting_citizen":
		add(w.T("desk.citizen_asked"), assets.IconQuestion, Plain)
	case "proposed":
		add(w.T("desk.citizen_decides"), assets.IconQuestion, Plain)
	case "closed_confirmed":
		add(w.T("desk.confirmed"), assets.IconTick, Good)
	case "closed_silent":
		add(w.T("status.silent"), assets.IconBox, Plain)
	case "invalid":
		add(w.T("status.refused"), assets.IconCross, Bad)
	case "withdrawn":
		add(w.T("status.withdrawn"), assets.IconBack, Plain)
	}
	if dated := c; !c.Closed() && c.Status != "proposed" && !c.DueAt.IsZero() {
		dated.Status, dated.State = "", ""
		out = append(out, DueOf(w, dated))
	}
	switch {
	case c.Closed():
	case c.Appealed:
		add(w.T("status.appeal"), assets.IconStepsUp, Higher)
	case c.Level > 0:
		add(w.T("status.escalated"), assets.IconArrowUp, Higher)
	}
	if c.Reopened && !c.Closed() {
		add(w.T("status.reopened"), assets.IconLoop, News)
	}
	if c.Rejections > 0 {
		add(w.T("desk.rejections", "n", c.Rejections), assets.IconCross, Bad)
	}
	return out
}

// deskTalk is what was written between citizen and office, oldest first.
func deskTalk(w Words, c sdk.Complaint, events []api.Event) []Bubble {
	var out []Bubble
	for _, e := range events {
		if e.Text == "" || !slices.Contains([]string{"message", "ask", "answer", "propose", "reject", "reopen", "appeal", "invalidate"}, e.Action) {
			continue
		}
		b := Bubble{Mine: e.Role != "citizen", From: w.T("desk.citizen"), Text: e.Text, When: w.When(e.At)}
		if b.Mine {
			b.From = cmp.Or(w.In(e.ByName), w.T("desk.office"))
		}
		out = append(out, b)
	}
	for _, p := range c.Pending {
		if p.Text != "" && p.State != sdk.Refused && slices.Contains([]string{"message", "ask", "propose", "invalidate"}, p.Action) {
			out = append(out, Bubble{Mine: true, From: w.T("desk.you"), Text: p.Text, When: w.T("desk.waiting_to_send"), Waiting: true})
		}
	}
	return out
}

// own tells of the officer's own acts that are on the way or came back.
func (p *DeskCase) own(w Words, o Office, c sdk.Complaint, events []api.Event) {
	for _, a := range c.Pending {
		what := deskDid(w, o, a)
		if a.State != sdk.Refused {
			if a.State != sdk.Received {
				p.OnWay = append(p.OnWay, w.T("desk.on_way", "what", what))
			}
			continue
		}
		r := Refusal{Op: a.Op, Action: DeskAction(a.Action), What: what, Text: a.Text, Why: w.T("error.unknown"), Again: may(c, a.Action)}
		if a.Problem != nil {
			r.Why = sayProblem(w, a.Problem)
			if a.Problem.Type == api.TypeConflict {
				r.Why = w.T("desk.changed")
			}
		}
		for _, e := range events {
			if a.Seen > 0 && e.N > a.Seen {
				ev := deskEvent(w, o, e)
				r.Changed = append(r.Changed, strings.Join([]string{ev.Title, ev.When}, " · "))
			}
		}
		p.Refused = append(p.Refused, r)
	}
}

// deskDid names an act of the officer's.
func deskDid(w Words, o Office, a sdk.Pending) string {
	switch DeskAction(a.Action) {
	case DeskAcknowledge:
		return w.T("desk.act.acknowledge")
	case DeskAssign:
		return w.T("desk.act.assign_to", "name", o.Holder(w, a.ToOfficer, api.Text{}))
	case DeskPropose:
		return w.T("officer.propose")
	case DeskAsk:
		return w.T("officer.ask")
	case DeskTransfer:
		return w.T("desk.act.transfer_to", "name", o.OfficeName(w, a.ToOffice))
	case DeskDecline:
		return w.T("desk.act.decline")
	}
	return w.T("desk.act.message")
}

// deskEvent says what happened, for those who work on it: who did it stands with the
// time.
func deskEvent(w Words, o Office, e api.Event) Event {
	out := Event{When: w.When(e.At), Body: e.Text}
	if who := w.In(e.ByName); who != "" && e.Role != "citizen" {
		out.When = who + " · " + out.When
	}
	set := func(icon assets.Icon, mood Mood, title string) { out.Icon, out.Mood, out.Title = icon, mood, title }
	to := w.In(e.ToName)
	switch e.Action {
	case "lodge":
		set(assets.IconCloudTick, Good, w.T("desk.event.lodge"))
		out.Body = to
	case "acknowledge":
		set(assets.IconEye, News, w.T("desk.event.acknowledge"))
	case "assign":
		set(assets.IconPerson, Plain, w.T("desk.event.assign", "name", o.Holder(w, e.ToOfficer, e.ToName)))
	case "transfer":
		set(assets.IconTransfer, News, w.T("desk.event.transfer", "name", cmp.Or(to, o.OfficeName(w, e.ToOffice))))
	case "ask":
		set(assets.IconQuestion, Asking, w.T("desk.event.ask"))
	case "answer":
		set(assets.IconMessage, Plain, w.T("desk.event.answer"))
	case "message":
		set(assets.IconMessage, News, w.T("desk.event.message"))
		if e.Role == "citizen" {
			set(assets.IconMessage, Plain, w.T("desk.citizen_wrote"))
		}
	case "propose":
		set(assets.IconTickCircle, Asking, w.T("desk.event.propose"))
	case "confirm":
		set(assets.IconTick, Good, w.T("desk.event.confirm"))
	case "reject":
		set(assets.IconCross, Bad, w.T("desk.event.reject"))
	case "silence":
		set(assets.IconBox, Plain, w.T("desk.event.silence"))
	case "invalidate":
		set(assets.IconCross, Bad, w.T("desk.event.invalidate"))
	case "rate":
		set(assets.IconStar, Plain, w.T("desk.event.rate"))
	case "reopen":
		set(assets.IconLoop, News, w.T("desk.event.reopen"))
	case "appeal":
		set(assets.IconStepsUp, Higher, w.T("desk.event.appeal"))
		out.Body = lines(to, e.Text)
	case "withdraw":
		set(assets.IconBack, Plain, w.T("desk.event.withdraw"))
	case "escalate":
		set(assets.IconArrowUp, Higher, w.T("desk.event.escalate", "name", cmp.Or(to, w.numbered("level", e.Level))))
	case "reveal":
		set(assets.IconEye, Asking, w.T("desk.event.reveal"))
	case "reroute":
		set(assets.IconTransfer, News, w.T("desk.event.reroute"))
	default:
		set(assets.IconInfo, Plain, w.T("desk.event.other"))
	}
	return out
}

// DeskSync is the foot of the rail: how things stand with the network.
type DeskSync struct {
	Title, Text string
	Mood        Mood
	Icon        assets.Icon
}

// DeskSyncReading is the foot before anything was read.
func DeskSyncReading(w Words) DeskSync {
	return DeskSync{Title: w.T("desk.sync.reading"), Icon: assets.IconSync, Mood: News}
}

// DeskSyncOf says the most important thing about the network.
func DeskSyncOf(w Words, st sdk.Status) DeskSync {
	s := DeskSync{Title: w.T("desk.sync.never"), Text: w.T("desk.sync.nothing"), Icon: assets.IconCloudTick, Mood: Good}
	if !st.SyncedAt.IsZero() {
		s.Title = w.T("desk.sync.fresh", "when", w.When(st.SyncedAt))
		if w.days(st.SyncedAt) == 0 {
			s.Title = w.T("desk.sync.fresh", "when", w.Clock(st.SyncedAt))
		}
	}
	if st.Queued > 0 {
		s.Text = w.T("sync.waiting", "n", st.Queued)
		s.Icon, s.Mood = assets.IconSync, News
	}
	if st.Queued > 0 && st.Queued == st.Held {
		s.Text = w.T("desk.sync.held", "n", st.Held)
	}
	switch {
	case !st.SignedIn:
		s.Title, s.Text, s.Icon, s.Mood = w.T("desk.sync.sign_in"), s.Title, assets.IconKey, Asking
	case st.Offline:
		s.Icon, s.Mood = assets.IconCloudOff, Asking
		if st.Queued == 0 {
			s.Text = s.Title
		}
		s.Title = w.T("desk.sync.offline")
	}
	if st.Attention > 0 {
		s.Text, s.Icon, s.Mood = w.T("desk.sync.attention", "n", st.Attention), assets.IconTriangle, Bad
	}
	return s
}

// DeskCheck says what an act still needs, by field; nil when it can go.
func DeskCheck(w Words, a DeskAction, d sdk.DeskDraft, evidence bool) map[string]string {
	wrong := map[string]string{}
	if strings.TrimSpace(d.Text) == "" && a != DeskTransfer {
		wrong["text"] = w.T("desk.error.text")
	}
	if a == DeskTransfer && d.Office == "" {
		wrong["to_office"] = w.T("desk.error.office")
	}
	if a == DeskPropose && evidence && len(d.Evidence) == 0 {
		wrong["files"] = w.T("desk.error.files")
	}
	if len(wrong) == 0 {
		return nil
	}
	return wrong
}

// DeskWrong says what is wrong with each field of an act, by the field's name.
func DeskWrong(w Words, err error) map[string]string {
	var p *api.Problem
	if !errors.As(err, &p) || len(p.Errors) == 0 {
		return nil
	}
	out := map[string]string{}
	for _, f := range p.Errors {
		name := strings.TrimPrefix(f.Pointer, "/")
		if name == "reason" {
			name = "text"
		}
		out[name] = deskField(w, f)
	}
	return out
}

func deskField(w Words, f api.FieldProblem) string {
	switch f.Code {
	case "text_missing", "reason_missing":
		return w.T("desk.error.text")
	case "file_empty":
		return w.T("desk.error.file_empty")
	case "file_size":
		return w.T("desk.error.file_size")
	case "file_type":
		return w.T("desk.error.file_type")
	case "office_missing", "office_unknown":
		return w.T("desk.error.office")
	}
	return sayField(w, f)
}

// IdentityFacts are the particulars of who filed a complaint.
func IdentityFacts(w Words, g Guide, who api.Identity) (out []Fact) {
	for _, f := range []Fact{
		{w.T("reveal.name"), who.Name}, {w.T("reveal.mobile"), "\u200e" + who.Mobile}, {w.T("reveal.cnic"), "\u200e" + who.CNIC},
		{w.T("area.district"), g.DistrictName(w, who.District)}, {w.T("desk.place"), who.Place},
	} {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}
