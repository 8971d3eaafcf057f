package sqltx

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Case implements store.CaseTx. The scope is judged on the row that was locked,
// never in the query, so that a desk lost a moment ago counts as lost.
func (t *Tx) Case(ctx context.Context, s store.Scope, id string) (portal.Case, error) {
	query := t.d.caseByID
	if t.write {
		query = t.d.caseByIDLocked
	}
	return t.scopedCase(ctx, s, query, id)
}

// CaseByCode implements store.CaseTx.
func (t *Tx) CaseByCode(ctx context.Context, s store.Scope, code portal.Code) (portal.Case, error) {
	query := t.d.caseByCode
	if t.write {
		query = t.d.caseByCodeLocked
	}
	return t.scopedCase(ctx, s, query, string(code))
}

func (t *Tx) scopedCase(ctx context.Context, s store.Scope, query, key string) (portal.Case, error) {
	if s == (store.Scope{}) || !storable(key) {
		return portal.Case{}, store.ErrNotFound
	}
	var c portal.Case
	err := t.one(ctx, func(r Rows) (err error) {
		c, err = t.scanCase(r)
		return err
	}, query, key)
	switch {
	case err != nil:
		return portal.Case{}, err
	case !s.Sees(c):
		return portal.Case{}, store.ErrNotFound
	}
	return c, nil
}

func (t *Tx) scanCase(r Rows) (portal.Case, error) {
	var row caseRow
	if err := r.Scan(row.fields()...); err != nil {
		return portal.Case{}, err
	}
	c, err := row.decode()
	if err == nil && t.write {
		t.hold(c)
	}
	return c, err
}

func (t *Tx) hold(c portal.Case) {
	if t.held == nil {
		t.held = map[string]deskRows{}
	}
	t.held[c.ID] = deskRowsOf(c)
}

// Cases implements store.CaseTx.
func (t *Tx) Cases(ctx context.Context, s store.Scope, p store.Page) ([]portal.Case, error) {
	if p.Limit <= 0 || s == (store.Scope{}) {
		return nil, nil
	}
	want := p.Limit
	out := make([]portal.Case, 0, min(want, 200))
	for {
		query, args := listQuery(s, p)
		rows, last := 0, portal.Case{}
		err := t.each(ctx, func(r Rows) (err error) {
			if last, err = t.scanCase(r); err == nil && s.Sees(last) {
				out = append(out, last)
			}
			rows++
			return err
		}, query, args...)
		// What lies on the desk and is about the viewer is left out, and the page
		// filled up from what follows, so that it looks like any other.
		if err != nil || rows < p.Limit || len(out) == want {
			return out, err
		}
		p.BeforeTime, p.BeforeID, p.Limit = last.LodgedAt, last.ID, want-len(out)
	}
}

// Filed implements store.CaseTx.
func (t *Tx) Filed(ctx context.Context, account portal.AccountID, nth int) (time.Time, error) {
	var ms int64
	err := t.each(ctx, func(r Rows) error { return r.Scan(&ms) },
		"SELECT lodged_at FROM cases WHERE citizen = ? ORDER BY lodged_at DESC, id DESC LIMIT 1 OFFSET ?", string(account), int64(max(nth, 1)-1))
	if err != nil || ms == 0 {
		return time.Time{}, err
	}
	return time.UnixMilli(ms).UTC(), nil
}

// openStatuses is portal.Status.Open in SQL.
var openStatuses = func() string {
	var open []string
	for _, s := range portal.Statuses() {
		if s.Open() {
			open = append(open, "'"+string(s)+"'")
		}
	}
	return "c.status IN (" + strings.Join(open, ", ") + ")"
}()

// listQuery walks one index from the newest down: a citizen's or a desk's. All
// cases have none and are sorted: nobody's screen lists them, and every index
// is paid for by each case that is filed.
func listQuery(s store.Scope, p store.Page) (string, []any) {
	if !s.All() && s.Account() == "" {
		return deskQuery(s.Offices(), p)
	}
	query, args := selectCase+" WHERE 1 = 1", []any(nil)
	if !s.All() {
		query, args = selectCase+" WHERE c.citizen = ?", []any{string(s.Account())}
	}
	if p.OpenOnly {
		query += " AND " + openStatuses
	}
	below, keys := belowPage("c.lodged_at, c.id", p)
	args = append(append(args, keys...), int64(p.Limit))
	return query + below + " ORDER BY c.lodged_at DESC, c.id DESC LIMIT ?", args
}

// deskQuery walks a desk's open cases, and beside them its closed ones when
// both are wanted: one index serves both, and the pages are merged. Who has a
// charge looks at two desks, and sees what lies on both once.
func deskQuery(offices []portal.OfficeID, p store.Page) (string, []any) {
	below, keys := belowPage("lodged_at, case_id", p)
	var parts []string
	var args []any
	part := func(o portal.OfficeID, open string) {
		parts = append(parts, "SELECT * FROM (SELECT district, case_id, lodged_at FROM desk WHERE office = ? AND open = "+open+below+
			fmt.Sprintf(" ORDER BY lodged_at DESC, case_id DESC LIMIT ?) AS part%d", len(parts)))
		args = append(append(append(args, string(o)), keys...), int64(p.Limit))
	}
	for _, o := range offices {
		part(o, "1")
		if !p.OpenOnly {
			part(o, "0")
		}
	}
	union := " UNION ALL "
	if len(offices) > 1 {
		union = " UNION "
	}
	return "SELECT " + caseColumns + " FROM (" + strings.Join(parts, union) + ") AS d JOIN cases c ON c.district = d.district AND c.id = d.case_id" +
		" ORDER BY d.lodged_at DESC, d.case_id DESC LIMIT ?", append(args, int64(p.Limit))
}

// belowPage is the condition that leaves out what was on earlier pages.
func belowPage(columns string, p store.Page) (string, []any) {
	if p.BeforeTime.IsZero() && p.BeforeID == "" {
		return "", nil
	}
	return " AND (" + columns + ") < (?, ?)", []any{millis(p.BeforeTime), p.BeforeID}
}

// Body implements store.CaseTx.
func (t *Tx) Body(ctx context.Context, id string) ([]byte, error) {
	bodies, err := t.Bodies(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	body, ok := bodies[id]
	if !ok {
		return nil, store.ErrNotFound
	}
	return body, nil
}

// Bodies implements store.CaseTx.
func (t *Tx) Bodies(ctx context.Context, ids []string) (map[string][]byte, error) {
	out := make(map[string][]byte, len(ids))
	err := t.eachOf(ctx, ids, func(r Rows) error {
		var id string
		var doc []byte
		if err := r.Scan(&id, &doc); err != nil {
			return err
		}
		out[id] = nonNil(doc)
		return nil
	}, t.d.bodiesOf, "")
	return out, err
}

// Events implements store.CaseTx.
func (t *Tx) Events(ctx context.Context, id string, after int64) ([]portal.Event, error) {
	if !storable(id) {
		return nil, nil
	}
	var out []portal.Event
	err := t.each(ctx, func(r Rows) error {
		var doc string
		if err := r.Scan(&doc); err != nil {
			return err
		}
		e, err := decodeEvent(doc)
		out = append(out, e)
		return err
	}, t.d.events, id, after)
	return out, err
}

// EventsOf implements store.CaseTx.
func (t *Tx) EventsOf(ctx context.Context, ids []string) (map[string][]portal.Event, error) {
	out := make(map[string][]portal.Event, len(ids))
	err := t.eachOf(ctx, ids, func(r Rows) error {
		var id, doc string
		if err := r.Scan(&id, &doc); err != nil {
			return err
		}
		e, err := decodeEvent(doc)
		out[id] = append(out[id], e)
		return err
	}, t.d.eventsOf, " ORDER BY e.case_id, e.n")
	return out, err
}

// maxIn is how many ids one statement names.
const maxIn = 128

// eachOf runs a query for many distinct ids, some at a time. The list is filled
// up to a power of two with a repeated id, so that few statements are prepared.
func (t *Tx) eachOf(ctx context.Context, ids []string, scan func(Rows) error, head, tail string) error {
	seen := make(map[string]bool, len(ids))
	args := make([]any, 0, min(len(ids), maxIn))
	send := func() error {
		if len(args) == 0 {
			return nil
		}
		size := 1
		for size < len(args) {
			size *= 2
		}
		for len(args) < size {
			args = append(args, args[0])
		}
		err := t.each(ctx, scan, head+"("+strings.Repeat("?, ", size-1)+"?)"+tail, args...)
		args = args[:0]
		return err
	}
	for _, id := range ids {
		if seen[id] || !storable(id) {
			continue
		}
		seen[id] = true
		if args = append(args, id); len(args) == maxIn {
			if err := send(); err != nil {
				return err
			}
		}
	}
	return send()
}

const intoCases = "INSERT INTO cases (id, kind, code, district, category, citizen, status, level, office, officer, desks, lodged_at, version, more, escalate_at, silence_at)"

// insertCase adds a case unless its id or its code is taken, which unique keys
// tell.
const insertCase = intoCases + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"

// insertCaseByDistrict does so where the unique keys hold per district only: it
// looks in all districts, and the caller has locked both names. Its last two
// arguments repeat them.
const insertCaseByDistrict = intoCases + `
SELECT CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT),
CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT)
WHERE NOT EXISTS (SELECT 1 FROM cases WHERE id = ?) AND NOT EXISTS (SELECT 1 FROM cases WHERE code = ?)`

// CreateCase implements store.CaseTx.
func (t *Tx) CreateCase(ctx context.Context, c portal.Case, timers store.Timers, body []byte, first portal.Event) error {
	if err := checkCase(c); err != nil {
		return err
	}
	more, err := encodeMore(c)
	if err != nil {
		return err
	}
	for _, name := range [...]string{"case:" + c.ID, "code:" + string(c.Code)} {
		if err := t.Lock(ctx, name); err != nil {
			return err
		}
	}
	args := []any{c.ID, string(c.Kind), string(c.Code), string(c.District), string(c.Category), string(c.Citizen), string(c.Status), int64(c.Level),
		string(c.Office), string(c.Officer), joinDesks(c.Desks), millis(c.LodgedAt), c.Version, more, nullMillis(timers.Escalate), nullMillis(timers.Silence)}
	if t.d.byDistrict {
		args = append(args, c.ID, string(c.Code))
	}
	n, err := t.exec(ctx, t.d.insertCase, args...)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("case %s (%s): %w", c.ID, c.Code, store.ErrExists)
	}
	if err := t.queue(ctx, nil, "INSERT INTO case_body (district, id, doc) VALUES (?, ?, ?)", string(c.District), c.ID, nonNil(body)); err != nil {
		return err
	}
	if err := t.appendEvents(ctx, c, first); err != nil {
		return err
	}
	for _, d := range c.Desks {
		if err := t.insertDesk(ctx, d, c); err != nil {
			return err
		}
	}
	t.hold(c)
	return nil
}

func checkCase(c portal.Case) error {
	if c.ID == "" {
		return portal.Invalid("id", "id_missing", "a case needs an id")
	}
	if err := checkKeys("id", c.ID); err != nil {
		return err
	}
	return checkKeys("case", string(c.Code), string(c.District), string(c.Category), string(c.Citizen), string(c.Office), string(c.Officer), joinDesks(c.Desks))
}

// PutCase implements store.CaseTx. A case that is not there, or whose version
// moved on, is a conflict: the row must still be as it was before the events.
func (t *Tx) PutCase(ctx context.Context, c portal.Case, timers store.Timers, events []portal.Event) error {
	if err := checkCase(c); err != nil {
		return err
	}
	more, err := encodeMore(c)
	if err != nil {
		return err
	}
	err = t.queue(ctx, fmt.Errorf("put case %s: %w", c.ID, portal.ErrConflict),
		`UPDATE cases SET category = ?, status = ?, level = ?, office = ?, officer = ?, desks = ?, version = ?, more = ?, escalate_at = ?, silence_at = ?
WHERE district = ? AND id = ? AND version = ?`,
		string(c.Category), string(c.Status), int64(c.Level), string(c.Office), string(c.Officer), joinDesks(c.Desks), c.Version, more,
		nullMillis(timers.Escalate), nullMillis(timers.Silence), string(c.District), c.ID, c.Version-int64(len(events)))
	if err != nil {
		return err
	}
	if err := t.appendEvents(ctx, c, events...); err != nil {
		return err
	}
	return t.putDesks(ctx, c)
}

func (t *Tx) appendEvents(ctx context.Context, c portal.Case, events ...portal.Event) error {
	for _, e := range events {
		doc, err := encodeEvent(e)
		if err != nil {
			return err
		}
		if err := t.queue(ctx, nil, "INSERT INTO case_event (district, case_id, n, doc) VALUES (?, ?, ?, ?)", string(c.District), c.ID, e.N, doc); err != nil {
			return err
		}
	}
	return nil
}

// putDesks makes the desk rows agree with the case. It needs to know what they
// are; a case read in this transaction tells, another is read now.
func (t *Tx) putDesks(ctx context.Context, c portal.Case) error {
	held, ok := t.held[c.ID]
	if !ok {
		if _, err := t.Case(ctx, store.ScopeOf(portal.Actor{Kind: portal.SystemActor}), c.ID); err != nil {
			return err
		}
		held = t.held[c.ID]
	}
	want := deskRowsOf(c)
	if held.equal(want) {
		return nil
	}
	for _, d := range held.desks {
		if slices.Contains(want.desks, d) && held.open == want.open {
			continue
		}
		if err := t.queue(ctx, nil, "DELETE FROM desk WHERE office = ? AND case_id = ? AND district = ?", string(d), c.ID, string(c.District)); err != nil {
			return err
		}
	}
	for _, d := range want.desks {
		if slices.Contains(held.desks, d) && held.open == want.open {
			continue
		}
		if err := t.insertDesk(ctx, d, c); err != nil {
			return err
		}
	}
	t.held[c.ID] = want
	return nil
}

func (t *Tx) insertDesk(ctx context.Context, d portal.OfficeID, c portal.Case) error {
	return t.queue(ctx, nil, "INSERT INTO desk (office, case_id, district, lodged_at, open) VALUES (?, ?, ?, ?, ?)",
		string(d), c.ID, string(c.District), millis(c.LodgedAt), flag(c.Status.Open()))
}

// Due implements store.CaseTx. In a View it lists without claiming.
func (t *Tx) Due(ctx context.Context, timer store.Timer, asOf time.Time, limit int) ([]portal.Case, error) {
	due, ok := t.d.due[timer]
	if !ok {
		return nil, portal.Invalid("timer", "timer_unknown", "%q is not a timer", timer)
	}
	query := due.list
	if t.write {
		query = due.claim
	}
	var out []portal.Case
	err := t.each(ctx, func(r Rows) error {
		c, err := t.scanCase(r)
		out = append(out, c)
		return err
	}, query, asOf.UnixMilli(), int64(max(limit, 0)))
	if err != nil || !t.write {
		return out, err
	}
	ids := make([]string, len(out))
	for i, c := range out {
		ids[i] = c.ID
	}
	return out, t.readHeads(ctx, ids)
}
