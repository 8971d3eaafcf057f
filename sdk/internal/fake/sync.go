package fake

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

func (s *Server) sync(w http.ResponseWriter, r *http.Request) {
	req, ok := read[api.SyncRequest](w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, req)
	v := s.viewer(r)
	switch {
	case v == nil:
		refuse(w, http.StatusUnauthorized, api.TypeSignedOut)
		return
	case s.Oldest != "" && r.Header.Get(api.HeaderClient) < s.Oldest:
		refuse(w, http.StatusUpgradeRequired, api.TypeUpgrade)
		return
	}
	if s.Status != nil {
		if status := s.Status(req); status != 0 {
			refuseFor(w, status, problemType(status), s.RetryAfter)
			return
		}
	}
	resp := api.SyncResponse{Request: req.Request, Time: s.Now(), Epoch: s.epoch(), Collections: versions()}
	for _, op := range req.Operations {
		resp.Answers = append(resp.Answers, s.answer(v, op))
	}
	s.pull(v, req, &resp)
	if req.WaitSeconds > 0 && len(resp.Answers) == 0 && empty(resp) {
		news := s.news
		s.mu.Unlock()
		s.wait(r.Context(), news, req.WaitSeconds)
		s.mu.Lock()
		s.pull(v, req, &resp)
	}
	if s.Hidden[v.device] {
		hide(&resp)
	}
	if s.Tamper != nil {
		s.Tamper(&resp)
	}
	reply(w, resp)
}

// hide leaves the pages' numbers and takes the cases out.
func hide(r *api.SyncResponse) {
	r.Waiting = true
	for _, p := range r.Feeds {
		for i := range p.Entries {
			p.Entries[i].Complaint, p.Entries[i].Events, p.Entries[i].Gone = nil, nil, true
		}
	}
}

func problemType(status int) string {
	switch status {
	case http.StatusTooManyRequests:
		return api.TypeLimited
	case http.StatusServiceUnavailable:
		return api.TypeUnavailable
	case http.StatusUnprocessableEntity:
		return api.TypeInvalid
	case http.StatusConflict:
		return api.TypeResetDevice
	}
	return api.TypeInternal
}

func empty(r api.SyncResponse) bool {
	return !slices.ContainsFunc(r.Feeds, func(p api.Page) bool { return len(p.Entries) > 0 || p.Reset })
}

func (s *Server) epoch() string { return fmt.Sprint("epoch-", s.data.epoch) }

func (s *Server) answer(v *session, op api.Operation) api.Answer {
	if s.Answer != nil {
		if a := s.Answer(op); a != nil {
			a.Op = op.Op
			return *a
		}
	}
	sum := sha256.Sum256(op.Body)
	if hex.EncodeToString(sum[:]) != op.SHA256 {
		return api.Answer{Op: op.Op, Status: api.Quarantined}
	}
	if d, ok := s.data.ops[op.Op]; ok {
		if d.sha != op.SHA256 {
			return api.Answer{Op: op.Op, Status: api.Quarantined}
		}
		a := d.answer
		if a.Status == api.Applied {
			a.Status = api.Duplicate
		}
		return a
	}
	slot := fmt.Sprint(v.device, "/", op.N)
	if other, ok := s.data.number[slot]; ok && other != op.Op {
		return api.Answer{Op: op.Op, Status: api.ResetDevice}
	}
	s.data.number[slot] = op.Op
	a := s.carryOut(v, op)
	a.Op = op.Op
	s.data.ops[op.Op] = done{op.SHA256, a}
	return a
}

func (s *Server) carryOut(v *session, op api.Operation) api.Answer {
	if op.Type == api.OpLodge {
		var b api.LodgeBody
		if json.Unmarshal(op.Body, &b) != nil || !strings.Contains("municipal.water roads", b.Category) {
			return rejected(api.TypeInvalid, "/category")
		}
		return s.lodge(v, op, b)
	}
	var b api.ActBody
	if json.Unmarshal(op.Body, &b) != nil {
		return rejected(api.TypeInvalid, "")
	}
	m := s.data.cases[b.Case]
	if m == nil || (v.profile.Kind == "citizen" && m.owner != v.profile.Subject) || (v.profile.Kind == "officer" && m.gone) {
		return rejected(api.TypeNotFound, "")
	}
	if b.ExpectedVersion != 0 && b.ExpectedVersion != m.c.Version {
		return rejected(api.TypeConflict, "")
	}
	return s.act(m, v, b)
}

func rejected(kind, pointer string) api.Answer {
	p := &api.Problem{Type: kind, Title: "Refused", Status: 422}
	if pointer != "" {
		p.Errors = []api.FieldProblem{{Pointer: pointer, Detail: "not known"}}
	}
	return api.Answer{Status: api.Rejected, Problem: p}
}

func (s *Server) lodge(v *session, op api.Operation, b api.LodgeBody) api.Answer {
	at := s.Now().UTC().Truncate(time.Millisecond)
	s.data.codes++
	code := fmt.Sprintf("KP-26-TEST-%04d", s.data.codes)
	if op.Receipt != "" { // "receipt of CODE at TIME"
		var when string
		if _, err := fmt.Sscanf(op.Receipt, "receipt of %s at %s", &code, &when); err == nil {
			at, _ = time.Parse(time.RFC3339Nano, when)
		}
	}
	c := api.Complaint{
		ID: b.ID, Code: code, Status: "new", LodgedAt: at, DueAt: at.Add(15 * 24 * time.Hour), Text: b.Text, Category: b.Category,
		District: b.District, Holder: "dc.swat", AllowedActions: []string{"message", "withdraw"},
	}
	m := &matter{c: c, owner: v.profile.Subject}
	s.data.cases[b.ID] = m
	s.event(m, api.Event{Action: "lodge", Role: "citizen"}, api.EntryGrant)
	return s.applied(m, fmt.Sprintf("receipt of %s at %s", code, at.Format(time.RFC3339Nano)))
}

func (s *Server) applied(m *matter, receipt string) api.Answer {
	return api.Answer{Status: api.Applied, Case: m.c.ID, Code: m.c.Code, Version: m.c.Version, LodgedAt: m.c.LodgedAt, Receipt: receipt}
}

func (s *Server) act(m *matter, v *session, b api.ActBody) api.Answer {
	next := map[string]string{
		"message": m.c.Status, "propose": "proposed", "confirm": "closed_confirmed", "reject": "assigned", "withdraw": "withdrawn",
		"assign": "assigned", "acknowledge": "acknowledged", "ask": "waiting_citizen", "answer": "assigned", "rate": m.c.Status,
		"transfer": "new",
	}
	to, ok := next[b.Action]
	if !ok || (b.Action == "confirm" && m.c.Status != "proposed") {
		return rejected(api.TypeConflict, "")
	}
	m.c.Status = to
	if to == "closed_confirmed" || to == "withdrawn" {
		m.c.ClosedAt = s.Now()
	}
	if b.Rating != nil {
		m.c.Rating = b.Rating
	}
	if b.ToOfficer != "" {
		m.c.Officer = b.ToOfficer
	}
	s.event(m, api.Event{Action: b.Action, Role: v.profile.Kind, Text: b.Text, Rating: b.Rating}, api.EntryEvent)
	if b.Action == "transfer" { // to a desk that this server does not play
		m.gone = true
		s.entry(DeskFeed, api.Entry{Type: api.EntryForget, Case: m.c.ID})
	}
	return s.applied(m, "")
}

// event appends to the case and to the feeds that show it.
func (s *Server) event(m *matter, e api.Event, kind string) {
	m.c.Version++
	e.N, e.At, e.Status = m.c.Version, s.Now(), m.c.Status
	m.events = append(m.events, e)
	for _, feed := range []string{"feed/" + m.owner, DeskFeed} {
		s.entry(feed, api.Entry{Type: kind, Case: m.c.ID, Event: e.N})
	}
}

func (s *Server) entry(feed string, e api.Entry) {
	e.N = int64(len(s.data.feeds[feed]) + 1)
	s.data.feeds[feed] = append(s.data.feeds[feed], e)
	close(s.news)
	s.news = make(chan struct{})
}

// Propose lets an office propose a resolution.
func (s *Server) Propose(id, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.data.cases[id]
	m.c.Status, m.c.AllowedActions = "proposed", []string{"confirm", "reject", "message"}
	s.event(m, api.Event{Action: "propose", Role: "handler", Text: text}, api.EntryEvent)
}

// Forget takes a case out of a feed.
func (s *Server) Forget(feed, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entry(feed, api.Entry{Type: api.EntryForget, Case: id})
}

// Fill lodges complaints for a citizen without any request.
func (s *Server) Fill(subject string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range n {
		s.data.codes++
		id := fmt.Sprintf("00000000-0000-7000-8000-%012d", s.data.codes)
		m := &matter{owner: subject, c: api.Complaint{
			ID: id, Code: fmt.Sprintf("KP-26-TEST-%04d", s.data.codes), Status: "new", Category: "roads", District: "swat", Holder: "dc.swat",
			LodgedAt: s.Now().Add(-time.Duration(i) * time.Minute), Text: fmt.Sprint("complaint ", i),
		}}
		s.data.cases[id] = m
		s.event(m, api.Event{Action: "lodge", Role: "citizen"}, api.EntryGrant)
	}
}

func (s *Server) pageSize() int {
	if s.PageSize == 0 {
		return api.MaxPageEntries
	}
	return s.PageSize
}

func (s *Server) pull(v *session, req api.SyncRequest, resp *api.SyncResponse) {
	resp.Feeds = nil
	for _, feed := range v.profile.Feeds {
		c := api.Cursor{Feed: feed}
		if i := slices.IndexFunc(req.Cursors, func(c api.Cursor) bool { return c.Feed == feed }); i >= 0 {
			c = req.Cursors[i]
		}
		head := int64(len(s.data.feeds[feed]))
		other := req.Epoch != "" && req.Epoch != s.epoch()
		if other {
			c = api.Cursor{Feed: feed}
		}
		if other || c.Snapshot != "" || c.N > head {
			resp.Feeds = append(resp.Feeds, s.snapshot(v, c, head))
		} else {
			resp.Feeds = append(resp.Feeds, s.page(c, head))
		}
		for _, sum := range req.Checksums {
			if sum.Feed == feed && sum.N == head && sum.Sum != s.sum(feed, head) {
				resp.Mismatch = append(resp.Mismatch, feed)
			}
		}
	}
}

func (s *Server) sum(feed string, n int64) (sum int64) {
	const modulus = 1<<52 - 47
	for _, e := range s.data.feeds[feed][:n] {
		h := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%d", e.Type, e.Case, e.Event))
		sum = (sum + int64(binary.BigEndian.Uint64(h[:8])%modulus)) % modulus
	}
	return sum
}

func (s *Server) page(c api.Cursor, head int64) api.Page {
	to := min(head, c.N+int64(s.pageSize()))
	p := api.Page{Feed: c.Feed, From: c.N, Next: to, Head: head, More: to < head}
	last := map[string]int{}
	for _, e := range s.data.feeds[c.Feed][c.N:to] {
		m := s.data.cases[e.Case]
		if m != nil && e.Event > 0 && int(e.Event) <= len(m.events) {
			e.Events = m.events[e.Event-1 : e.Event]
		}
		last[e.Case] = len(p.Entries)
		p.Entries = append(p.Entries, e)
	}
	for id, i := range last {
		if m := s.data.cases[id]; m != nil && p.Entries[i].Type != api.EntryForget {
			c := m.c
			p.Entries[i].Complaint = &c
		}
	}
	return p
}

func (s *Server) snapshot(v *session, c api.Cursor, head int64) api.Page {
	p := api.Page{Feed: c.Feed, From: c.N, Next: c.N, Head: head}
	if c.Snapshot == "" {
		p.Reset, p.From, p.Next, p.Sum = true, head, head, s.sum(c.Feed, head)
	}
	var ids []string
	for id, m := range s.data.cases {
		if id > c.Snapshot && (v.profile.Kind == "officer" || m.owner == v.profile.Subject) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if len(ids) > s.pageSize() {
		ids = ids[:s.pageSize()]
		p.SnapshotAfter = ids[len(ids)-1]
	}
	for _, id := range ids {
		m := s.data.cases[id]
		held := m.c
		p.Entries = append(p.Entries, api.Entry{Type: api.EntryGrant, Case: id, Complaint: &held, Events: slices.Clone(m.events)})
	}
	p.More = p.SnapshotAfter != "" || p.Next < head
	return p
}
