package model

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
)

// Step of filing a complaint, from 1.
type Step int

// The steps.
const (
	StepWhat Step = iota + 1
	StepWhere
	StepHappened
	StepCheck
)

// MaxText is how many characters a complaint holds.
const MaxText = sdk.MaxComplaintText

// MaxPhotos is how many photos a complaint may have.
const MaxPhotos = sdk.MaxFiles

// Steps is how many there are.
const Steps = int(StepCheck)

// ParseStep reads a step kept in a route; what makes no sense is the first.
func ParseStep(s string) Step {
	n, err := strconv.Atoi(s)
	if err != nil || n < int(StepWhat) || n > Steps {
		return StepWhat
	}
	return Step(n)
}

// String is the step as kept in a route.
func (s Step) String() string { return strconv.Itoa(int(s)) }

// Report is a complaint being written: the draft, and where the person is in it.
type Report struct {
	Draft sdk.Draft
	Step  Step
	// Group is the open group of kinds while choosing; "" shows the pictures.
	Group string
	// All shows the whole list instead of the pictures.
	All bool
	// Wrong are the steps' complaints, by field, shown after Next was pressed.
	Wrong map[string]string
}

// Check says what is missing on a step, by field; nil when it may be left.
func (r Report) Check(w Words, step Step) map[string]string {
	wrong := map[string]string{}
	switch step {
	case StepWhat:
		if r.Draft.Category == "" {
			wrong["category"] = w.T("error.kind")
		}
	case StepWhere:
		if r.Draft.District == "" {
			wrong["district"] = w.T("error.district")
		}
		if utf8.RuneCountInString(r.Draft.Place) > sdk.MaxPlace {
			wrong["place"] = w.T("error.long", "n", sdk.MaxPlace)
		}
	case StepHappened:
		if strings.TrimSpace(r.Draft.Text) == "" {
			wrong["text"] = w.T("error.text")
		} else if utf8.RuneCountInString(r.Draft.Text) > sdk.MaxComplaintText {
			wrong["text"] = w.T("error.long", "n", sdk.MaxComplaintText)
		}
	case StepCheck:
		for s := StepWhat; s < StepCheck; s++ {
			for field, message := range r.Check(w, s) {
				wrong[field] = message
			}
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return wrong
}

// FirstWrong is the first step that is not complete, or StepCheck.
func (r Report) FirstWrong(w Words) Step {
	for s := StepWhat; s < StepCheck; s++ {
		if r.Check(w, s) != nil {
			return s
		}
	}
	return StepCheck
}

// Empty reports whether nothing was chosen or written yet, so that there is nothing
// worth keeping. The district alone was filled in for the person.
func (r Report) Empty() bool {
	return r.Draft.Category == "" && strings.TrimSpace(r.Draft.Text) == "" && strings.TrimSpace(r.Draft.Place) == "" &&
		r.Draft.AboutOffice == "" && strings.TrimSpace(r.Draft.AboutOfficer) == "" && len(r.Draft.Files) == 0
}

// Chosen is what a report says so far, in words.
type Chosen struct {
	Icon     assets.Icon
	Kind     string // "" while none is chosen
	Group    string
	District string
	Tehsil   string
	Place    string
	Text     string
	GoesTo   string
	About    string // whom it complains of; "" for nobody
	Photos   []Photo
}

// Chosen puts the draft into words.
func (r Report) Chosen(w Words, g Guide) Chosen {
	c := Chosen{Icon: assets.IconAllKinds, Text: strings.TrimSpace(r.Draft.Text), Place: strings.TrimSpace(r.Draft.Place), Photos: draftPhotos(w, r.Draft.Files)}
	if r.Draft.Category != "" {
		k, _ := g.Kind(w, r.Draft.Category)
		c.Icon, c.Kind, c.Group = k.Icon, k.Name, k.Hint
	}
	if r.Draft.District != "" {
		c.District = g.DistrictName(w, r.Draft.District)
		c.GoesTo = g.GoesTo(w, r.Draft)
	}
	c.About = g.About(w, r.Draft)
	c.Tehsil = g.TehsilName(w, r.Draft.Area)
	return c
}

// Choose takes a kind: a group is opened, a kind that can be chosen is chosen and the
// flow goes on.
func (r Report) Choose(g Guide, w Words, code string) Report {
	k, ok := g.Kind(w, code)
	if ok && k.More {
		r.Group, r.All = code, true
		return r
	}
	r.Draft.Category, r.Wrong = code, nil
	r.Group, r.All = "", false
	r.Step = StepWhere
	return r
}

// Up leaves an open group, or the list of all kinds; false when the pictures show.
func (r Report) Up(g Guide) (Report, bool) {
	switch {
	case r.Group != "":
		r.Group = g.parent(r.Group)
		r.All = r.Group != ""
		return r, true
	case r.All:
		r.All = false
		return r, true
	}
	return r, false
}
