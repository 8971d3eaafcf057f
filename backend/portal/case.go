package portal

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
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

// ActorKind says who acts.
type ActorKind string

// The kinds of actor.
const (
	CitizenActor ActorKind = "citizen"
	OfficerActor ActorKind = "officer"
	SystemActor  ActorKind = "system"
)

// Actor is who acts: a citizen's account, an officer in a post, or the clock.
type Actor struct {
	Kind    ActorKind
	Account AccountID
	Officer Officer
	// Acting is the charge an officer holds at this moment beside the own post.
	Acting Charge
	// dir is the hierarchy an officer stands in; see In.
	dir *Directory
}

// In gives the actor with the hierarchy they stand in. Without one an officer
// sees no complaint about anybody: nobody could tell whether it is about them.
func (a Actor) In(dir *Directory) Actor {
	a.dir = dir
	return a
}

// BarredFrom reports whether a case is about the actor, their office or an
// office above theirs.
func (a Actor) BarredFrom(c Case) bool {
	if a.Kind != OfficerActor || !c.About.Somebody() {
		return false
	}
	if a.dir == nil || a.Officer.ID == c.About.Officer || a.dir.Bars(c.About, a.Officer.Office) || a.Acting.Office != "" && a.dir.Bars(c.About, a.Acting.Office) {
		return true
	}
	// Whoever acts elsewhere for a while stays the subordinate of their own office.
	own, ok := a.dir.Officer(a.Officer.ID)
	return ok && a.dir.Bars(c.About, own.Office)
}

// RoleIn gives the actor's part in a case, and false when they have none: then
// the case does not exist for them.
func (a Actor) RoleIn(c Case) (Role, bool) {
	switch a.Kind {
	case SystemActor:
		return RoleSystem, true
	case CitizenActor:
		return RoleCitizen, a.Account != "" && a.Account == c.Citizen
	case OfficerActor:
		return a.officerRole(c)
	}
	return "", false
}

func (a Actor) officerRole(c Case) (Role, bool) {
	o := a.Officer
	if o.ID == "" || o.Disabled || a.BarredFrom(c) {
		return "", false
	}
	standing := a.standing(c)
	switch rule := postRuleOf(standing.Post); {
	case standing.Office == "":
		return "", false
	case c.Appealed && a.worksElsewhere(c):
		return RoleReader, true
	case rule.desk == RoleHandler && c.Officer != o.ID:
		return RoleReader, true
	default:
		return rule.desk, true
	}
}

// Desks lists the posts in which the actor reads cases: the own one, and that
// of a charge.
func (a Actor) Desks() []Charge {
	var out []Charge
	for _, c := range []Charge{{Office: a.Officer.Office, Post: a.Officer.Post}, a.Acting} {
		if a.Kind == OfficerActor && !a.Officer.Disabled && c.Office != "" && c.Post.ReadsCases() {
			out = append(out, c)
		}
	}
	return out
}

// standing is the post in which the actor works on a case: of two, that of the
// office that holds it, else the one that may more. Zero when in none.
func (a Actor) standing(c Case) Charge {
	var best Charge
	for _, d := range a.Desks() {
		switch {
		case !slices.Contains(c.Desks, d.Office):
		case best.Office == "", d.Office == c.Office, best.Office != c.Office && best.Post == Staff:
			best = d
		}
	}
	return best
}

// worksElsewhere reports whether the actor also works in an office that an
// appeal is against: whoever acts for two may not decide it.
func (a Actor) worksElsewhere(c Case) bool {
	return slices.ContainsFunc(a.Desks(), func(d Charge) bool { return d.Office != c.Office && slices.Contains(c.Desks, d.Office) })
}

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

// Limits on text, in characters.
const (
	MaxComplaintText = 8000
	MaxText          = 4000
	MaxFiles         = 5
)

// Limits on files, in bytes: of one, and of all that come together.
const (
	MaxFileSize  = 5 << 20
	MaxFilesSize = 20 << 20
)

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

func checkLodge(dir *Directory, c Case, body Complaint) error {
	var errs []error
	if c.ID == "" {
		errs = append(errs, Invalid("id", "id_missing", "the complaint needs an id made on the device (UUID)"))
	}
	if d, ok := dir.Area(c.District); !ok || d.Kind != District {
		errs = append(errs, Invalid("district", "district_unknown", "%q is not a district: choose one from the list of areas", c.District))
	}
	if !dir.IsLeaf(c.Category) {
		errs = append(errs, Invalid("category", "category_unknown", "%q is not a category that can be chosen: take one without children from the list", c.Category))
	}
	if a, ok := dir.Area(body.Area); body.Area != "" && (!ok || !a.ID.Within(c.District)) {
		errs = append(errs, Invalid("area", "area_unknown", "%q is not a place in %s", body.Area, c.District))
	}
	if !slices.Contains([]string{"", "en", "ur", "ps"}, body.Language) {
		errs = append(errs, Invalid("language", "language_unknown", "use en, ur or ps, or leave it out"))
	}
	if body.SecretHash != "" && !isSHA256(body.SecretHash) {
		errs = append(errs, Invalid("secret_hash", "hash_shape", "a SHA-256 is written as 64 hexadecimal digits"))
	}
	errs = append(errs, checkText("text", body.Text, MaxComplaintText, true), checkText("place", body.Place, 300, false), checkFiles(body.Files))
	return Collect(errs...)
}

func checkText(field, text string, limit int, needed bool) error {
	switch {
	case !utf8.ValidString(text):
		return Invalid(field, "text_encoding", "the text is not valid UTF-8")
	case needed && strings.TrimSpace(text) == "":
		return Invalid(field, "text_missing", "please write a few words")
	case utf8.RuneCountInString(text) > limit:
		return Invalid(field, "text_long", "at most %d characters; this has %d", limit, utf8.RuneCountInString(text))
	}
	return nil
}

func checkFiles(files []File) error {
	if len(files) > MaxFiles {
		return Invalid("files", "files_many", "at most %d files", MaxFiles)
	}
	total := int64(0)
	for _, f := range files {
		switch {
		case !isSHA256(f.SHA256):
			return Invalid("files", "hash_shape", "each file needs its SHA-256, written as 64 hexadecimal digits")
		case f.Size <= 0 || f.Size > MaxFileSize:
			return Invalid("files", "file_size", "each file may have between 1 byte and %d MB", MaxFileSize>>20)
		}
		total += f.Size
	}
	if total > MaxFilesSize {
		return Invalid("files", "files_size", "all files together may have at most %d MB", MaxFilesSize>>20)
	}
	if slices.ContainsFunc(files, func(f File) bool { return !allowedType(f.Type) }) {
		return Invalid("files", "file_type", "only JPEG and PNG pictures, PDF documents and sound recordings")
	}
	return nil
}

// allowedType: what a browser could run, such as HTML or SVG, is never kept.
func allowedType(media string) bool {
	switch media {
	case "image/jpeg", "image/png", "application/pdf",
		"audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav", "audio/webm":
		return true
	}
	return false
}

func isSHA256(hash string) bool {
	return len(hash) == 64 && strings.Trim(hash, "0123456789abcdefABCDEF") == ""
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

func checkCommand(dir *Directory, c Case, cmd Command) error {
	policy, _ := dir.Policy(c.Category)
	said := checkSaid(cmd)
	switch cmd.Action {
	case ActAssign:
		return Collect(said, checkAssign(dir, c, cmd))
	case ActTransfer:
		return Collect(said, checkTransfer(dir, c, cmd))
	case ActPropose:
		return Collect(said, checkPropose(policy, cmd))
	case ActInvalidate:
		return Collect(said, checkInvalidate(c, cmd.Actor))
	case ActRate:
		return Collect(said, checkRating(cmd.Rating))
	case ActReopen:
		return Collect(said, checkReopen(policy, c, cmd.At))
	case ActAppeal:
		return Collect(said, checkAppeal(dir, policy, c, cmd.At))
	case ActEscalate, ActSilence:
		return checkDue(dir, c, cmd)
	case ActReroute:
		if !misplaced(dir, c) {
			return &TransitionError{From: c.Status, Action: cmd.Action}
		}
	}
	return said
}

// checkSaid checks the words and files of any action.
func checkSaid(cmd Command) error {
	field, needed := "text", false
	switch cmd.Action {
	case ActAsk, ActAnswer, ActMessage, ActPropose:
		needed = true
	case ActTransfer, ActReject, ActInvalidate, ActReopen, ActAppeal, ActReveal:
		field, needed = "reason", true
	}
	return Collect(checkText(field, cmd.Text, MaxText, needed), checkFiles(cmd.Files))
}

// checkAssign lets an office give a case to its own officers, and the one that
// holds it to those of the offices below too, never the other way round.
func checkAssign(dir *Directory, c Case, cmd Command) error {
	actor := cmd.Actor.standing(c).Office
	o, ok := dir.Officer(cmd.ToOfficer)
	// An acting holder may be given what is on the desk they act for.
	if acting, now := o.Acting(cmd.At); ok && now && !slices.Contains(c.Desks, o.Office) {
		o.Office, o.Post = acting.Office, acting.Post
	}
	if !ok || o.Disabled || !slices.Contains(c.Desks, o.Office) || o.Post == AdminPost || o.Post == AnalystPost {
		return Invalid("to", "officer_unknown", "%q is not an officer of an office that has this case", cmd.ToOfficer)
	}
	if o.Away(cmd.At) {
		return Invalid("to", "officer_away", "%s is on leave: give it to somebody who is there", cmd.ToOfficer)
	}
	if (Actor{Kind: OfficerActor, Officer: o}).In(dir).BarredFrom(c) {
		return Invalid("to", "officer_about", "this complaint is about them or an office above them")
	}
	if c.Appealed && o.Office != c.Office {
		return Invalid("to", "officer_appealed", "an appeal may not be given to the office complained of")
	}
	if actor == c.Office {
		return nil
	}
	if o.Office != actor {
		return Invalid("to", "officer_elsewhere", "%q is of another office; only the office that holds the case may give it to them", cmd.ToOfficer)
	}
	if has, ok := dir.Officer(c.Officer); ok && has.Office == c.Office {
		return Invalid("to", "officer_above", "an officer of the office above has this case; only that office may give it to another")
	}
	return nil
}

func checkTransfer(dir *Directory, c Case, cmd Command) error {
	o, ok := dir.Office(cmd.ToOffice)
	switch {
	case !ok || !dir.CanReceive(o, c.District, c.Category):
		return Invalid("office", "office_unknown", "%q does not answer for this place and category: choose one that does", cmd.ToOffice)
	case dir.Bars(c.About, o.ID):
		return Invalid("office", "office_about", "this complaint is about %s or an office above it", o.ID)
	case slices.Contains(c.Desks, o.ID):
		return Invalid("office", "office_same", "%s already has this case", o.ID)
	case c.Appealed:
		return Invalid("office", "office_appealed", "an appeal stays with the office that decides it")
	}
	return nil
}

func checkPropose(p Policy, cmd Command) error {
	var errs []error
	if p.Evidence && len(cmd.Files) == 0 {
		errs = append(errs, Invalid("evidence", "evidence_missing", "this category needs a photo or document that shows the work"))
	}
	switch cmd.Disposition {
	case "", ReliefGranted, ReliefPartial, NotPossible:
	default:
		errs = append(errs, Invalid("disposition", "disposition_unknown", "use relief_granted, relief_partial or not_possible"))
	}
	return Collect(errs...)
}

// checkInvalidate keeps an office that ran out of time from ending the matter
// behind the back of the one it went up to.
func checkInvalidate(c Case, a Actor) error {
	if a.standing(c).Office != c.Office {
		return fmt.Errorf("invalidate: only %s, which holds the case, may: %w", c.Office, ErrForbidden)
	}
	return nil
}

// checkDue makes sure that the clock never acts early.
func checkDue(dir *Directory, c Case, cmd Command) error {
	due, ok := EscalationDue(dir, c)
	if cmd.Action == ActSilence {
		due, ok = SilenceDue(dir, c)
	}
	switch {
	case !ok:
		return &TransitionError{From: c.Status, Action: cmd.Action}
	case due.After(cmd.AsOf):
		return Invalid("as_of", "not_due", "%s is due at %s, not before", cmd.Action, due.Format(time.RFC3339Nano))
	}
	return nil
}

func checkRating(r *Rating) error {
	if r == nil {
		return Invalid("rating", "rating_missing", "give a mark from 1 to 5 for time and for quality")
	}
	var errs []error
	for _, m := range []struct {
		field string
		mark  int
	}{{"time", r.Time}, {"quality", r.Quality}} {
		if m.mark < 1 || m.mark > 5 {
			errs = append(errs, Invalid(m.field, "rating_range", "a mark goes from 1 (very bad) to 5 (very good)"))
		}
	}
	return Collect(append(errs, checkText("comment", r.Comment, MaxText, false))...)
}

func checkReopen(p Policy, c Case, now time.Time) error {
	if c.Reopened {
		return Invalid("case", "reopened_once", "it was opened again once already: you can appeal to the next office up")
	}
	if late(c.ClosedAt, p.ReopenWithinDays, now) {
		return Invalid("case", "reopen_late", "it can be opened again within %d days of closing", p.ReopenWithinDays)
	}
	return nil
}

// checkAppeal: there is something to appeal against once the case was decided,
// or once the citizen refused what the present level proposed.
func checkAppeal(dir *Directory, p Policy, c Case, now time.Time) error {
	if c.Status.Open() && c.Rejections == 0 {
		return &TransitionError{From: c.Status, Action: ActAppeal}
	}
	if !c.Status.Open() && late(c.ClosedAt, p.AppealWithinDays, now) {
		return Invalid("case", "appeal_late", "an appeal is possible within %d days of closing", p.AppealWithinDays)
	}
	if next, _ := appealOffice(dir, c); next.ID == "" {
		return Invalid("case", "appeal_top", "there is no office above the one that decided")
	}
	return nil
}

func late(from time.Time, days int, now time.Time) bool {
	return days > 0 && now.After(from.Add(time.Duration(days)*24*time.Hour))
}
