package portal

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What a filing or a command may say. Each check names the field that is wrong.

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
