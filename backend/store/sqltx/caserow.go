package sqltx

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
)

// The row of a case: what is searched or sorted by has a column, the rest is a
// small document, empty for most cases.
const (
	caseColumns = "c.id, c.kind, c.code, c.district, c.category, c.citizen, c.status, c.level, c.office, c.officer, c.desks, c.lodged_at, c.version, c.more"
	selectCase  = "SELECT " + caseColumns + " FROM cases c"

	selectEscalate = selectCase + " WHERE c.escalate_at <= ? ORDER BY c.escalate_at, c.id LIMIT ?"
	selectSilence  = selectCase + " WHERE c.silence_at <= ? ORDER BY c.silence_at, c.id LIMIT ?"
)

// caseMore holds the fields of a case that have no column.
type caseMore struct {
	ProposedAt int64          `json:"proposed_at,omitempty"`
	ClosedAt   int64          `json:"closed_at,omitempty"`
	Rejections int            `json:"rejections,omitempty"`
	Reopened   bool           `json:"reopened,omitempty"`
	Appealed   bool           `json:"appealed,omitempty"`
	Rating     *portal.Rating `json:"rating,omitempty"`
	About      portal.About   `json:"about,omitzero"`
}

func encodeMore(c portal.Case) (string, error) {
	m := caseMore{ProposedAt: millis(c.ProposedAt), ClosedAt: millis(c.ClosedAt), Rejections: c.Rejections, Reopened: c.Reopened, Appealed: c.Appealed, Rating: c.Rating, About: c.About}
	if m == (caseMore{}) {
		return "", nil
	}
	doc, err := json.Marshal(m)
	return string(doc), err
}

// caseRow receives a case's columns as plain types, which drivers fill fast.
type caseRow struct {
	id, kind, code, district, category, citizen, status, office, officer, desks, more string
	level, lodgedAt, version                                                          int64
}

func (r *caseRow) fields() []any {
	return []any{&r.id, &r.kind, &r.code, &r.district, &r.category, &r.citizen, &r.status, &r.level, &r.office, &r.officer, &r.desks, &r.lodgedAt, &r.version, &r.more}
}

func (r *caseRow) decode() (portal.Case, error) {
	c := portal.Case{
		ID: r.id, Kind: portal.Kind(r.kind), Code: portal.Code(r.code), District: portal.AreaID(r.district), Category: portal.CategoryCode(r.category),
		Citizen: portal.AccountID(r.citizen), Status: portal.Status(r.status), Level: int(r.level), Office: portal.OfficeID(r.office),
		Officer: portal.OfficerID(r.officer), Desks: splitDesks(r.desks), LodgedAt: timeOf(r.lodgedAt), Version: r.version,
	}
	if r.more == "" {
		return c, nil
	}
	var m caseMore
	if err := json.Unmarshal([]byte(r.more), &m); err != nil {
		return portal.Case{}, fmt.Errorf("case %s: %w", r.id, err)
	}
	c.ProposedAt, c.ClosedAt = timeOf(m.ProposedAt), timeOf(m.ClosedAt)
	c.Rejections, c.Reopened, c.Appealed, c.Rating = m.Rejections, m.Reopened, m.Appealed, m.Rating
	c.About = m.About
	return c, nil
}

// Desks are kept in the row too, one a line in their order, so that whoever has
// locked the row has its desks as they are now.

func joinDesks(desks []portal.OfficeID) string {
	if len(desks) == 1 {
		return string(desks[0])
	}
	var b strings.Builder
	for i, d := range desks {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(string(d))
	}
	return b.String()
}

func splitDesks(s string) []portal.OfficeID {
	if s == "" {
		return nil
	}
	out := make([]portal.OfficeID, 0, strings.Count(s, "\n")+1)
	for d := range strings.SplitSeq(s, "\n") {
		out = append(out, portal.OfficeID(d))
	}
	return out
}

// deskRows is what the desk table holds for one case.
type deskRows struct {
	desks []portal.OfficeID
	open  bool
	at    time.Time
}

func deskRowsOf(c portal.Case) deskRows {
	return deskRows{desks: slices.Clone(c.Desks), open: c.Status.Open(), at: atEdge(c.LodgedAt)}
}

func (d deskRows) equal(o deskRows) bool {
	return d.open == o.open && d.at.Equal(o.at) && slices.Equal(d.desks, o.desks)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func encodeEvent(e portal.Event) (string, error) {
	e.At, e.DueAt, e.AsOf = atEdge(e.At), atEdge(e.DueAt), atEdge(e.AsOf)
	doc, err := json.Marshal(e)
	return string(doc), err
}

func decodeEvent(doc string) (portal.Event, error) {
	var e portal.Event
	if err := json.Unmarshal([]byte(doc), &e); err != nil {
		return e, fmt.Errorf("event document: %w", err)
	}
	return e, nil
}
