package model

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// PeopleAction is something that an administrator does about an officer.
type PeopleAction string

// The actions.
const (
	PeopleAdd     PeopleAction = "add"
	PeopleMove    PeopleAction = "move"
	PeopleAct     PeopleAction = "act" // hold a post of another office for a while
	PeopleLeave   PeopleAction = "leave"
	PeopleDisable PeopleAction = "disable"
	PeopleEnable  PeopleAction = "enable"
	PeopleInvite  PeopleAction = "invite"
	PeopleReset   PeopleAction = "reset"
)

// PeopleActions lists what can be done about an officer, the most usual first.
func PeopleActions(p OfficerPage) []PeopleAction {
	switch {
	case p.Self:
		return nil
	case p.Disabled:
		return []PeopleAction{PeopleEnable, PeopleMove}
	case p.CanSignIn:
		return []PeopleAction{PeopleMove, PeopleAct, PeopleLeave, PeopleReset, PeopleDisable}
	}
	return []PeopleAction{PeopleInvite, PeopleMove, PeopleAct, PeopleLeave, PeopleDisable}
}

// PeopleField is something that an action asks for.
type PeopleField string

// The fields.
const (
	FieldID     PeopleField = "id"
	FieldName   PeopleField = "name"
	FieldTitle  PeopleField = "title"
	FieldOffice PeopleField = "office"
	FieldPost   PeopleField = "post"
	FieldFrom   PeopleField = "from"
	FieldUntil  PeopleField = "until"
	FieldReason PeopleField = "reason"
)

// Fields are what an action asks for, in order.
func (a PeopleAction) Fields() []PeopleField {
	switch a {
	case PeopleAdd:
		return []PeopleField{FieldName, FieldID, FieldTitle, FieldPost, FieldReason}
	case PeopleMove:
		return []PeopleField{FieldOffice, FieldPost, FieldReason}
	case PeopleAct:
		return []PeopleField{FieldOffice, FieldPost, FieldFrom, FieldUntil, FieldReason}
	case PeopleLeave:
		return []PeopleField{FieldFrom, FieldUntil, FieldReason}
	case PeopleDisable, PeopleEnable:
		return []PeopleField{FieldReason}
	}
	return nil
}

// PeopleForm is what was written and chosen for an action, by field. The office is
// chosen by its id.
type PeopleForm map[PeopleField]string

// Apply puts a form into an officer's record, or says what is wrong, by field.
func (f PeopleForm) Apply(w Words, a PeopleAction, o api.OfficerRecord) (api.OfficerRecord, map[PeopleField]string) {
	wrong := map[PeopleField]string{}
	from, until := f.span(w, a, wrong)
	for _, field := range a.Fields() {
		if slices.Contains([]PeopleField{FieldID, FieldName, FieldTitle, FieldOffice, FieldPost}, field) && strings.TrimSpace(f[field]) == "" {
			wrong[field] = w.T("people.error.missing")
		}
	}
	if len(wrong) > 0 {
		return o, wrong
	}
	switch a {
	case PeopleAdd:
		title := strings.TrimSpace(f[FieldTitle])
		o = api.OfficerRecord{ID: strings.TrimSpace(f[FieldID]), Name: strings.TrimSpace(f[FieldName]), Title: textIn(w, title), Office: f[FieldOffice], Post: f[FieldPost]}
	case PeopleMove:
		o.Office, o.Post = f[FieldOffice], f[FieldPost]
	case PeopleAct:
		o.Charges = append(slices.Clone(o.Charges), api.Charge{Office: f[FieldOffice], Post: f[FieldPost], From: from, Until: until})
	case PeopleLeave:
		o.Leaves = append(slices.Clone(o.Leaves), api.Span{From: from, Until: until})
	case PeopleDisable, PeopleEnable:
		o.Disabled = a == PeopleDisable
	}
	return o, nil
}

// textIn is a text written in the app's language. English stands in for the others
// when it is missing, so it gets the same.
func textIn(w Words, s string) api.Text {
	t := api.Text{EN: s}
	switch w.Lang {
	case "ur":
		t.UR = s
	case "ps":
		t.PS = s
	}
	return t
}

// span reads the days of a form. The last day belongs to it; without one there is no
// end yet.
func (f PeopleForm) span(w Words, a PeopleAction, wrong map[PeopleField]string) (from, until time.Time) {
	if !slices.Contains(a.Fields(), FieldFrom) {
		return from, until
	}
	from, ok := parseDay(f[FieldFrom])
	if !ok {
		wrong[FieldFrom] = w.T("people.error.day")
	}
	if strings.TrimSpace(f[FieldUntil]) == "" {
		return from, until
	}
	last, ok := parseDay(f[FieldUntil])
	switch {
	case !ok:
		wrong[FieldUntil] = w.T("people.error.day")
	case last.Before(from):
		wrong[FieldUntil] = w.T("people.error.order")
	}
	return from, last.AddDate(0, 0, 1)
}

// dayShape is how days are written: 2026-12-31.
const dayShape = "2006-01-02"

// DayText writes the day of a moment as the forms read it.
func DayText(t time.Time) string { return t.In(Pakistan()).Format(dayShape) }

// parseDay reads a day written in the figures of any of the languages.
func parseDay(s string) (time.Time, bool) {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '۰' && r <= '۹':
			return r - '۰' + '0'
		case r >= '٠' && r <= '٩':
			return r - '٠' + '0'
		}
		return r
	}, strings.TrimSpace(s))
	t, err := time.ParseInLocation(dayShape, s, Pakistan())
	return t.UTC(), err == nil
}

// SayPeople says an error of administration in words. The server's own sentence names
// what is in the way, so it is shown where there is one.
func SayPeople(w Words, err error) string {
	var p *api.Problem
	switch {
	case errors.Is(err, sdk.ErrOffline):
		return w.T("people.offline")
	case errors.As(err, &p) && len(p.Errors) > 0:
		return p.Errors[0].Detail
	case errors.As(err, &p) && p.Detail != "" && p.Type == api.TypeConflict:
		return p.Detail
	case errors.Is(err, sdk.ErrNotFound), errors.Is(err, sdk.ErrForbidden):
		return w.T("people.error.reach")
	}
	return Say(w, err)
}

// PeopleWrong puts what the server says about fields to the fields of a form; the rest
// belongs to none.
func PeopleWrong(a PeopleAction, err error) map[PeopleField]string {
	var p *api.Problem
	if !errors.As(err, &p) {
		return nil
	}
	out := map[PeopleField]string{}
	for _, f := range p.Errors {
		name := PeopleField(f.Pointer[strings.LastIndex(f.Pointer, "/")+1:])
		if slices.Contains(a.Fields(), name) {
			out[name] = f.Detail
		}
	}
	return out
}
