package portal

import (
	"slices"
	"strings"
	"time"
)

// Kind is what sort of case it is.
type Kind string

// The kinds of case. The engine (events, clock, feeds, conversation, code) is
// one; a kind adds its body.
const (
	KindComplaint   Kind = "complaint"
	KindApplication Kind = "application"
)

// AccountID names a citizen's account; it says nothing about who they are.
type AccountID string

// Case is the narrow, changing part of a matter: who holds it and where it
// stands. What was filed (Complaint) and what happened (Event) never change.
type Case struct {
	ID       string       `json:"id"` // UUIDv7 made by the client
	Kind     Kind         `json:"kind"`
	Code     Code         `json:"code"`
	District AreaID       `json:"district"`
	Category CategoryCode `json:"category"`
	Citizen  AccountID    `json:"citizen"`
	// About is whom it complains of, if anybody here.
	About About `json:"about,omitzero"`

	Status Status `json:"status"`
	// Level is the step of the chain that answers for it: 0, 1, 2.
	Level int `json:"level"`
	// Office holds it; Officer has it assigned, if anyone.
	Office  OfficeID  `json:"office"`
	Officer OfficerID `json:"officer,omitempty"`
	// Desks are the offices whose desk shows it: the holder and, after an
	// escalation, the offices it climbed from, which go on working on it.
	Desks []OfficeID `json:"desks"`

	// LodgedAt is the moment of the server's receipt; the clock starts here and
	// is never reset. Version counts the case's events.
	LodgedAt time.Time `json:"lodged_at"`
	Version  int64     `json:"version"`

	ProposedAt time.Time `json:"proposed_at,omitzero"`
	ClosedAt   time.Time `json:"closed_at,omitzero"`
	// Rejections counts the proposals refused since the case reached its present
	// level: an office whose answers were never refused cannot be appealed
	// against while it works.
	Rejections int  `json:"rejections,omitempty"`
	Reopened   bool `json:"reopened,omitempty"`
	// Appealed means an office above decides; those below only read.
	Appealed bool `json:"appealed,omitempty"`
	// Rating is the citizen's latest verdict, nil before there is one.
	Rating *Rating `json:"rating,omitempty"`
}

// Rating is the citizen's verdict on time and quality, each 1 (worst) to 5.
type Rating struct {
	Time    int    `json:"time"`
	Quality int    `json:"quality"`
	Comment string `json:"comment,omitempty"`
}

// Complaint is what a citizen filed; it never changes.
type Complaint struct {
	Text string `json:"text"`
	// Area is the nearest known place, at or below the district.
	Area AreaID `json:"area"`
	// Place is a street or landmark in the citizen's words.
	Place string `json:"place,omitempty"`
	// Language the citizen wrote in: "en", "ur" or "ps"; empty when unknown.
	Language string `json:"language,omitempty"`
	// Files are promised with the complaint and uploaded after it.
	Files []File `json:"files,omitempty"`
	// SecretHash is the SHA-256 of the tracking secret made by the phone, hex.
	SecretHash string `json:"secret_hash,omitempty"`
	// WrittenAt is the phone's own word on when it was written: evidence only.
	WrittenAt time.Time `json:"written_at,omitzero"`
	// Sample marks made-up complaints of a demonstration.
	Sample bool `json:"sample,omitempty"`
	// Erased is set when the complainant had their words erased.
	Erased bool `json:"erased,omitempty"`
}

// File is one attachment as promised: its content's SHA-256 (hex), its size in
// bytes and its media type.
type File struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Type   string `json:"type"`
}

// Event is one thing that happened to a case. Events are numbered from 1
// without gaps, and never change.
type Event struct {
	Case   string `json:"case"`
	N      int64  `json:"n"`
	Action Action `json:"action"`
	Role   Role   `json:"role"`
	// Account or Officer acted (with the office they acted for); none for the
	// clock.
	Account AccountID `json:"account,omitempty"`
	Officer OfficerID `json:"officer,omitempty"`
	Office  OfficeID  `json:"office,omitempty"`
	// At is the server's clock when it was recorded.
	At time.Time `json:"at"`
	// DueAt, for steps of the clock, is when it was due; AsOf the moment the
	// sweep was asked to look from.
	DueAt time.Time `json:"due_at,omitzero"`
	AsOf  time.Time `json:"as_of,omitzero"`

	Status      Status      `json:"status"` // after the event
	Level       int         `json:"level"`  // after the event
	FromLevel   int         `json:"from_level,omitempty"`
	Text        string      `json:"text,omitempty"`
	ToOffice    OfficeID    `json:"to_office,omitempty"`
	ToOfficer   OfficerID   `json:"to_officer,omitempty"`
	Disposition Disposition `json:"disposition,omitempty"`
	Files       []File      `json:"files,omitempty"`
	Rating      *Rating     `json:"rating,omitempty"`
	// Erased is set when its text was erased with the complainant's account.
	Erased bool `json:"erased,omitempty"`
}

// Disposition is what an officer's answer grants.
type Disposition string

// The dispositions.
const (
	ReliefGranted Disposition = "relief_granted"
	ReliefPartial Disposition = "relief_partial"
	NotPossible   Disposition = "not_possible"
)

// Command asks for an action on a case.
type Command struct {
	Action Action
	Actor  Actor
	// At is the server's clock, and becomes the event's time.
	At time.Time
	// Expected is the version the actor looked at; 0 skips the check.
	Expected int64

	Text        string
	ToOffice    OfficeID
	ToOfficer   OfficerID
	Disposition Disposition
	Files       []File
	Rating      *Rating
	// AsOf, of the clock's own steps, is the moment to look from.
	AsOf time.Time
}

// moment is a time at the portal's one precision, milliseconds of UTC, so that
// what a rule compares is what a store keeps.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Lodge files a complaint: it is with the office at level 0 of its district
// from this moment, or with the next one up that it is not about. The id, code,
// district, category, citizen's account and whom it is about (FindAbout) are
// the caller's; everything else of c is set here. Errors name the field.
func Lodge(dir *Directory, c Case, body Complaint, at time.Time) (Case, Event, error) {
	if err := checkLodge(dir, c, body); err != nil {
		return Case{}, Event{}, err
	}
	c.Level = 0
	office, level, err := firstOffice(dir, c)
	if err != nil {
		return Case{}, Event{}, err
	}
	at = moment(at)
	c = Case{
		ID: c.ID, Kind: KindComplaint, Code: c.Code, District: c.District, Category: c.Category, Citizen: c.Citizen, About: c.About,
		Status: New, Level: level, Office: office.ID, Desks: []OfficeID{office.ID}, LodgedAt: at, Version: 1,
	}
	e := Event{Case: c.ID, N: 1, Action: ActLodge, Role: RoleCitizen, Account: c.Citizen, At: at, Status: New, Level: level, ToOffice: office.ID}
	return c, e, nil
}

// Act is the one way a case changes after filing. It checks the actor's role,
// the transition table, the version and the input, and gives the case as it is
// afterwards with the events to append.
//
// The events are the action's own and, around it, the clock's: a step that was
// due by cmd.At runs first, whether or not a sweep came by, so that no action
// can be slipped in to dodge it; and a step that the action makes due (a
// rejection, a reopening, an appeal after the date) runs right after it.
//
// Errors: ErrNotFound when the case does not exist for the actor, ErrForbidden,
// *TransitionError, *VersionError, *FieldError or FieldErrors.
func Act(dir *Directory, c Case, cmd Command) (Case, []Event, error) {
	cmd.Actor = cmd.Actor.In(dir)
	if cmd.Actor.Kind == SystemActor {
		after, e, err := act(dir, c, c.Version, cmd)
		if err != nil {
			return Case{}, nil, err
		}
		return after, []Event{e}, nil
	}
	seen, now := c.Version, moment(cmd.At)
	c, events := CatchUp(dir, c, nil, now, now)
	after, e, err := act(dir, c, seen, cmd)
	if err != nil {
		return Case{}, nil, err
	}
	after, events = CatchUp(dir, after, append(events, e), now, now)
	return after, events, nil
}

// act does one action; seen is the version that the actor can have looked at.
func act(dir *Directory, c Case, seen int64, cmd Command) (Case, Event, error) {
	if err := Can(cmd.Actor, cmd.Action, c); err != nil {
		return Case{}, Event{}, err
	}
	role, _ := cmd.Actor.RoleIn(c) // Can has made sure of both
	to, err := transitionFor(c.Status, cmd.Action, role)
	if err != nil {
		return Case{}, Event{}, err
	}
	if cmd.Expected != 0 && cmd.Expected != seen {
		return Case{}, Event{}, &VersionError{Expected: cmd.Expected, Actual: seen}
	}
	if err := checkCommand(dir, c, cmd); err != nil {
		return Case{}, Event{}, err
	}
	cmd.At = moment(cmd.At)
	before := c
	c.Desks = slices.Clone(c.Desks)
	e := eventFor(c, cmd, role)
	change(dir, &c, cmd, &e)
	c.Status = settle(to, c)
	stamp(&c, before.Status, cmd.At)
	c.Version++
	e.N, e.Status, e.Level = c.Version, c.Status, c.Level
	return c, e, nil
}

// settle turns the table's pseudo-statuses into what they stand for.
func settle(to Status, c Case) Status {
	switch {
	case to != resumed && to != handedOn && to != kept:
		return to
	case to == kept && (c.Status != Assigned || c.Officer != ""):
		return c.Status
	case c.Officer != "":
		return Assigned
	case to == handedOn:
		return New
	}
	return Acknowledged
}

// stamp keeps the times that depend on the status.
func stamp(c *Case, before Status, at time.Time) {
	if c.Status == Proposed && before != Proposed {
		c.ProposedAt = at
	}
	if c.Status != Proposed && c.Status.Open() {
		c.ProposedAt = time.Time{}
	}
	switch {
	case c.Status.Open():
		c.ClosedAt = time.Time{}
	case before.Open():
		c.ClosedAt = at
	}
}

func eventFor(c Case, cmd Command, role Role) Event {
	e := Event{
		Case: c.ID, Action: cmd.Action, Role: role, At: cmd.At, AsOf: cmd.AsOf, FromLevel: c.Level,
		Text: strings.TrimSpace(cmd.Text), Files: cmd.Files,
	}
	switch cmd.Actor.Kind {
	case CitizenActor:
		e.Account = cmd.Actor.Account
	case OfficerActor:
		e.Officer, e.Office = cmd.Actor.Officer.ID, cmd.Actor.standing(c).Office
	}
	return e
}

// change applies what an action does beyond the status.
func change(dir *Directory, c *Case, cmd Command, e *Event) {
	switch cmd.Action {
	case ActAssign:
		c.Officer, e.ToOfficer = cmd.ToOfficer, cmd.ToOfficer
	case ActTransfer:
		handOver(dir, c, cmd.Actor.standing(*c).Office, cmd.ToOffice)
		e.ToOffice = cmd.ToOffice
	case ActPropose:
		e.Disposition = cmd.Disposition
		if e.Disposition == "" {
			e.Disposition = ReliefGranted
		}
	case ActReject:
		c.Rejections++
	case ActReopen:
		c.Reopened = true
	case ActAppeal:
		next, level := appealOffice(dir, *c)
		c.Level, c.Office, c.Officer, c.Appealed, c.Rejections = level, next.ID, "", true, 0
		addDesk(c, next.ID)
		e.ToOffice = next.ID
	case ActEscalate:
		next, _ := nextOffice(dir, *c, c.Level+1)
		e.DueAt, _ = EscalationDue(dir, *c)
		c.Level, c.Office, c.Rejections = next.Level, next.ID, 0
		if c.Appealed {
			c.Officer = "" // the office it leaves only reads from now on
		}
		addDesk(c, next.ID)
		e.ToOffice = next.ID
	case ActSilence:
		e.DueAt, _ = SilenceDue(dir, *c)
	case ActRate:
		r := *cmd.Rating
		c.Rating, e.Rating = &r, &r
	case ActReroute:
		reroute(dir, c, e)
	}
}

// handOver moves a case from one office to another. The desk it leaves no
// longer shows it; the offices it climbed to still do, the highest of them
// still holds it, and if an officer of that one has it they keep it.
func handOver(dir *Directory, c *Case, from, to OfficeID) {
	if has, ok := dir.Officer(c.Officer); !ok || from == c.Office || has.Office != c.Office {
		c.Officer = ""
	}
	c.Desks = slices.DeleteFunc(c.Desks, func(o OfficeID) bool { return o == from && (o != c.Office || c.Level == 0) })
	if c.Level == 0 {
		c.Office = to
	}
	addDesk(c, to)
}

func addDesk(c *Case, o OfficeID) {
	if !slices.Contains(c.Desks, o) {
		c.Desks = append(c.Desks, o)
	}
}

// appealOffice is the next office up that the case is not about, or the
// province's panel at the top.
func appealOffice(dir *Directory, c Case) (Office, int) {
	if next, ok := nextOffice(dir, c, c.Level+1); ok {
		return next, next.Level
	}
	panel, ok := dir.AppealPanel(c.District)
	if !ok || panel.ID == c.Office || dir.Bars(c.About, panel.ID) {
		return Office{}, c.Level
	}
	return panel, c.Level
}
