package model

import (
	"errors"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// Item is one thing of the person's that is on its way or came back.
type Item struct {
	ID        string // of the operation
	Complaint string // id of the complaint
	Title     string
	About     string // the complaint
	Problem   string // why it came back
	// Filing: it is a complaint, which can be copied and corrected.
	Filing bool
	// Editable: what was written with it can be changed and sent again.
	Editable bool
	Text     string
}

// SyncPage is where a person sees what is on its way.
type SyncPage struct {
	Waiting  []Item
	Checking []Item
	Needs    []Item
	Photos   []Sending
	Last     string // when the phone last spoke with the server
	Offline  bool
	SignedIn bool
	Why      string // why the last try failed
}

// Sending is a complaint whose photos are on their way.
type Sending struct {
	About string // the complaint
	Photos
}

// SyncOf makes the sync page. titles are what complaints are called, by id; files are
// those of every complaint with some that are not sent, one list a complaint.
func SyncOf(w Words, st sdk.Status, waiting, needs []sdk.Queued, titles map[string]string, files ...[]sdk.Attachment) SyncPage {
	p := SyncPage{Offline: st.Offline, SignedIn: st.SignedIn, Last: w.T("sync.never")}
	if !st.SyncedAt.IsZero() {
		p.Last = w.T("sync.last", "when", w.When(st.SyncedAt))
	}
	if st.Err != nil {
		p.Why = Say(w, st.Err)
	}
	for _, q := range waiting {
		if q.Action == opened {
			continue // it only tells that an officer opened something
		}
		item := itemOf(w, q, titles)
		if q.State == sdk.Checking {
			p.Checking = append(p.Checking, item)
			continue
		}
		p.Waiting = append(p.Waiting, item)
	}
	for _, q := range needs {
		item := itemOf(w, q, titles)
		item.Problem = w.T("sync.refused")
		if q.Problem != nil {
			item.Problem = sayProblem(w, q.Problem)
		}
		p.Needs = append(p.Needs, item)
	}
	for _, of := range files {
		if own := filed(of); len(own) > 0 {
			p.Photos = append(p.Photos, Sending{titles[own[0].Complaint], PhotosOf(w, own)})
		}
	}
	return p
}

// opened is the act by which an officer's device tells that something was opened.
const opened = "open"

func itemOf(w Words, q sdk.Queued, titles map[string]string) Item {
	i := Item{ID: q.Op, Complaint: q.Complaint, About: titles[q.Complaint], Title: written(w, q.Pending), Text: q.Text, Filing: q.Action == "lodge"}
	i.Editable = !i.Filing && q.Text != ""
	return i
}

// Say says an error in words: what happened, then what to do.
func Say(w Words, err error) string {
	var p *api.Problem
	switch {
	case err == nil:
		return ""
	case errors.Is(err, sdk.ErrOffline):
		return w.T("error.no_net")
	case errors.Is(err, sdk.ErrSignedOut):
		return w.T("sync.sign_in")
	case errors.Is(err, sdk.ErrLimited):
		return w.T("error.limited")
	case errors.Is(err, sdk.ErrUpgrade):
		return w.T("error.upgrade")
	case errors.Is(err, sdk.ErrFull):
		return w.T("error.full")
	case errors.As(err, &p):
		return sayProblem(w, p)
	}
	return w.T("error.unknown")
}

// SayFolder says why what is kept on the device cannot be opened, and what to do.
func SayFolder(w Words, err error) string {
	switch {
	case errors.Is(err, sdk.ErrLocked):
		return w.T("folder.locked")
	case errors.Is(err, sdk.ErrNewer):
		return w.T("folder.newer")
	case errors.Is(err, sdk.ErrOtherServer):
		return w.T("folder.other_server")
	case errors.Is(err, sdk.ErrInvalid):
		return w.T("folder.server")
	}
	return w.T("folder.failed")
}

// Wrong says what is wrong with each field, by the field's name; nil when the error is
// about no field.
func Wrong(w Words, err error) map[string]string {
	var p *api.Problem
	if !errors.As(err, &p) || len(p.Errors) == 0 {
		return nil
	}
	out := map[string]string{}
	for _, f := range p.Errors {
		name := f.Pointer
		for len(name) > 0 && name[0] == '/' {
			name = name[1:]
		}
		out[name] = sayField(w, f)
	}
	return out
}

func sayProblem(w Words, p *api.Problem) string {
	if len(p.Errors) > 0 {
		return sayField(w, p.Errors[0])
	}
	switch p.Type {
	case api.TypeConflict:
		return w.T("error.moved_on")
	case api.TypeForbidden, api.TypeNotFound:
		return w.T("error.not_yours")
	case api.TypeUnavailable, api.TypeInternal:
		return w.T("error.server")
	}
	return w.T("error.unknown")
}

// sayField says what is wrong with a field. Codes the app does not know yet get a
// sentence that fits any field.
func sayField(w Words, f api.FieldProblem) string {
	switch f.Code {
	case "mobile_shape":
		return w.T("error.mobile")
	case "cnic_digits":
		return w.T("error.cnic")
	case "otp_shape", "otp_digits":
		return w.T("error.otp_shape")
	case "officer_unclear":
		return w.T("error.officer_unclear")
	case "office_unknown", "office_missing":
		return w.T("error.office")
	case "office_top":
		return w.T("about.nobody_above")
	case "receipt_shape":
		return w.T("error.receipt")
	case "code_wrong":
		return w.T("error.code_wrong")
	case "files_anonymous", "files_helper":
		return w.T("nameless.no_photos")
	case "district_elsewhere":
		return w.T("error.district_elsewhere")
	case "otp_wrong", "otp_unasked", "otp_tries", "otp_expired":
		return w.T("error.otp_wrong")
	case "district_missing", "district_unknown":
		return w.T("error.district")
	case "category_missing", "category_unknown":
		return w.T("error.kind")
	case "text_missing":
		return w.T("error.text")
	case "text_long":
		return w.T("error.too_long")
	case "pin_digits":
		return w.T("error.pin_digits")
	case "pin_weak":
		return w.T("error.pin_weak")
	case "pin_wrong":
		return w.T("error.pin_wrong")
	case "file_type", "file_picture", "file_empty":
		return w.T("photo.wrong")
	case "file_size":
		return w.T("photo.large")
	case "rating_range":
		return w.T("error.rating")
	}
	return w.T("error.field")
}
