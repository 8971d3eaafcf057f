package model

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/citizens-portal/portal/sdk/api"
)

// PeopleChange is one change in the history of an office or officer.
type PeopleChange struct {
	When, By, Reason string
	What             []string // field by field
}

// peopleHistory is a history in words, the newest first.
func peopleHistory(w Words, names OfficeNames, list []api.Revision) []PeopleChange {
	var out []PeopleChange
	for _, r := range slices.Backward(list) {
		c := PeopleChange{When: w.When(r.At), By: w.T("people.by_console"), Reason: r.Reason}
		if id, ok := strings.CutPrefix(r.By, "o:"); ok {
			c.By = id
		}
		if isAdded(r) {
			c.What = []string{w.T("people.added")}
		} else {
			for _, f := range r.Fields {
				c.What = append(c.What, changeWords(w, names, f))
			}
		}
		out = append(out, c)
	}
	return out
}

// isAdded tells the revision with which a record began: nothing has a name before.
func isAdded(r api.Revision) bool {
	return slices.ContainsFunc(r.Fields, func(f api.FieldChange) bool { return f.Field == "name" && f.From == "null" })
}

func changeWords(w Words, names OfficeNames, f api.FieldChange) string {
	word := fieldWord(w, f.Field)
	from, to := fieldValue(w, names, f.Field, f.From), fieldValue(w, names, f.Field, f.To)
	if from == "" || to == "" {
		return w.T("people.changed", "field", word)
	}
	return w.T("people.changed_from_to", "field", word, "from", from, "to", to)
}

// fieldWord names a field of a record; one that the app does not know stays as it is.
func fieldWord(w Words, field string) string {
	switch field {
	case "name":
		return w.T("people.field.name")
	case "title":
		return w.T("people.field.title")
	case "office":
		return w.T("people.field.office")
	case "post":
		return w.T("people.field.post")
	case "disabled":
		return w.T("people.field.disabled")
	case "leaves":
		return w.T("people.field.leave")
	case "charges":
		return w.T("people.field.charge")
	case "parent":
		return w.T("people.field.parent")
	case "closed_at":
		return w.T("people.field.closed")
	}
	return field
}

// fieldValue is a value of a field for people; empty when it is more than a few words.
func fieldValue(w Words, names OfficeNames, field, raw string) string {
	var v any
	if json.Unmarshal([]byte(raw), &v) != nil {
		return ""
	}
	switch v := v.(type) {
	case nil:
		if field == "disabled" {
			return w.T("people.no")
		}
		return "–"
	case bool:
		if v {
			return w.T("people.yes")
		}
		return w.T("people.no")
	case string:
		switch field {
		case "post":
			return PostName(w, v)
		case "office", "parent":
			return names.Name(w, v)
		}
		return v
	case map[string]any:
		var t api.Text
		if json.Unmarshal([]byte(raw), &t) == nil {
			return w.In(t)
		}
	}
	return ""
}
