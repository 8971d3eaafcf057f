package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk/api"
)

// Plain REST for integrators: the same use cases as sync.

type refInput struct {
	Ref string `path:"ref" maxLength:"64" doc:"id or code"`
}

type listInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"30"`
	Before string `query:"before" maxLength:"120" doc:"next from the page before"`
	Open   bool   `query:"open" doc:"leave out closed ones"`
}

// ComplaintList is one page of complaints, newest first.
type ComplaintList struct {
	Items []api.Complaint `json:"items"`
	// Next, when set, is the value of before for the next page.
	Next string `json:"next,omitempty"`
}

type listOutput struct{ Body ComplaintList }
type complaintOutput struct{ Body api.Complaint }
type eventsOutput struct{ Body []api.Event }
type resultOutput struct{ Body api.Answer }

type lodgeInput struct {
	Key  string `header:"Idempotency-Key" required:"true" minLength:"36" maxLength:"36" doc:"UUID, the same on every retry"`
	Body api.LodgeBody
}

type actInput struct {
	Key    string `header:"Idempotency-Key" required:"true" minLength:"36" maxLength:"36" doc:"UUID, the same on every retry"`
	Ref    string `path:"ref" maxLength:"64" doc:"id or code"`
	Action string `path:"action" maxLength:"32"`
	Body   ActRequest
}

// ActRequest is what an action needs beside its name.
type ActRequest struct {
	ExpectedVersion int64       `json:"expected_version,omitempty"`
	Text            string      `json:"text,omitempty" maxLength:"16000"`
	ToOffice        string      `json:"to_office,omitempty" maxLength:"80"`
	ToOfficer       string      `json:"to_officer,omitempty" maxLength:"80"`
	Disposition     string      `json:"disposition,omitempty" maxLength:"32"`
	Files           []api.File  `json:"files,omitempty" maxItems:"5"`
	Rating          *api.Rating `json:"rating,omitempty"`
}

func (a *API) complaintRoutes(h huma.API) {
	huma.Register(h, a.operation(route{id: "list-complaints", method: http.MethodGet, path: api.RouteComplaints, summary: "Complaints in the viewer's sight, newest first"}), a.list)
	huma.Register(h, a.operation(route{id: "lodge-complaint", method: http.MethodPost, path: api.RouteComplaints, body: maxActBody, summary: "File a complaint", status: http.StatusCreated}), a.lodge)
	huma.Register(h, a.operation(route{id: "get-complaint", method: http.MethodGet, path: api.RouteComplaint, summary: "One complaint by id or code"}), a.get)
	huma.Register(h, a.operation(route{id: "list-events", method: http.MethodGet, path: api.RouteEvents, summary: "What happened to a complaint"}), a.timeline)
	huma.Register(h, a.operation(route{id: "act", method: http.MethodPost, path: api.RouteAct, body: maxActBody, summary: "Do something to a complaint"}), a.act)
	huma.Register(h, a.operation(route{id: "counters", method: http.MethodGet, path: api.RouteCounters, summary: "Maintained counts of the viewer's jurisdiction (officers)"}), a.counters)
}

// find looks a case up by id or code through the viewer's eyes. A mistyped code
// is simply not found: nobody learns which codes exist.
func (a *API) find(ctx context.Context, tx store.Tx, ref string) (portal.Case, error) {
	p := viewer(ctx)
	scope := store.ScopeOf(p.Actor)
	var (
		c   portal.Case
		err error
	)
	if isUUID(ref) {
		c, err = tx.Case(ctx, scope, ref)
	} else {
		code, bad := portal.ParseCode(ref)
		if bad != nil {
			return portal.Case{}, portal.ErrNotFound
		}
		c, err = tx.CaseByCode(ctx, scope, code)
	}
	if err == nil && p.HidesCase(c.LodgedAt, a.Now()) {
		return portal.Case{}, portal.ErrNotFound
	}
	return c, err
}

func (a *API) get(ctx context.Context, in *refInput) (*complaintOutput, error) {
	out := &complaintOutput{}
	if err := a.noteOpening(ctx, in.Ref); err != nil {
		return nil, a.fail(ctx, err)
	}
	err := a.Store.View(ctx, func(tx store.Tx) error {
		c, err := a.find(ctx, tx, in.Ref)
		if err != nil {
			return err
		}
		body, err := tx.Body(ctx, c.ID)
		if err != nil {
			return err
		}
		l := a.lens(ctx, tx)
		out.Body, err = l.complaint(c, body)
		return errors.Join(err, l.files.err)
	})
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return out, nil
}

func (a *API) timeline(ctx context.Context, in *refInput) (*eventsOutput, error) {
	out := &eventsOutput{}
	if err := a.noteOpening(ctx, in.Ref); err != nil {
		return nil, a.fail(ctx, err)
	}
	err := a.Store.View(ctx, func(tx store.Tx) error {
		c, err := a.find(ctx, tx, in.Ref)
		if err != nil {
			return err
		}
		events, err := tx.Events(ctx, c.ID, 0)
		l := a.lens(ctx, tx)
		out.Body = l.events(events)
		return errors.Join(err, l.files.err)
	})
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return out, nil
}

func (a *API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page := store.Page{Limit: in.Limit, OpenOnly: in.Open}
	if in.Before != "" {
		at, id, _ := strings.Cut(in.Before, "_")
		t, err := time.Parse(time.RFC3339Nano, at)
		if err != nil || id == "" {
			return nil, a.fail(ctx, portal.Invalid("query/before", "page_mark", "use the value of next from the page before"))
		}
		page.BeforeTime, page.BeforeID = t, id
	}
	out := &listOutput{Body: ComplaintList{Items: []api.Complaint{}}}
	err := a.Store.View(ctx, func(tx store.Tx) error {
		p := viewer(ctx)
		cases, err := tx.Cases(ctx, store.ScopeOf(p.Actor), page)
		if err != nil {
			return err
		}
		ids := make([]string, len(cases))
		for i, c := range cases {
			ids[i] = c.ID
		}
		bodies, err := tx.Bodies(ctx, ids)
		if err != nil {
			return err
		}
		l := a.lens(ctx, tx)
		for _, c := range cases {
			if p.HidesCase(c.LodgedAt, a.Now()) {
				continue
			}
			shown, err := l.complaint(c, bodies[c.ID])
			if err != nil {
				return err
			}
			out.Body.Items = append(out.Body.Items, shown)
		}
		if n := len(cases); n == in.Limit {
			out.Body.Next = cases[n-1].LodgedAt.UTC().Format(time.RFC3339Nano) + "_" + cases[n-1].ID
		}
		return l.files.err
	})
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return out, nil
}

// restRequest makes a use case's request of a plain call: its key alone stands for
// the operation, since no device counts these calls.
func (a *API) restRequest(ctx context.Context, key string, body any) (lifecycle.Request, error) {
	key = strings.ToLower(key)
	if !isUUID(key) {
		return lifecycle.Request{}, portal.Invalid("header/"+api.HeaderIdempotencyKey, "key_shape", "send a UUID, the same on every retry of this request")
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return lifecycle.Request{}, err
	}
	sum := sha256.Sum256(raw)
	return lifecycle.Request{Actor: viewer(ctx).Actor, Op: key, Hash: hex.EncodeToString(sum[:]), Hides: a.hides(ctx)}, nil
}

func (a *API) lodge(ctx context.Context, in *lodgeInput) (*resultOutput, error) {
	req, err := a.restRequest(ctx, in.Key, in.Body)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	if !isUUID(in.Body.ID) {
		return nil, a.fail(ctx, portal.Invalid("id", "id_shape", "send a lower-case UUID made by you"))
	}
	req.Admit = a.admit(ctx)
	res, err := a.Lifecycle.Lodge(ctx, req, filing(a.Directory(ctx), in.Body))
	return a.result(ctx, in.Key, res, err)
}

func (a *API) act(ctx context.Context, in *actInput) (*resultOutput, error) {
	b := in.Body
	body := api.ActBody{Case: in.Ref, Action: in.Action, ExpectedVersion: b.ExpectedVersion, Text: b.Text, ToOffice: b.ToOffice, ToOfficer: b.ToOfficer,
		Disposition: b.Disposition, Files: b.Files, Rating: b.Rating}
	req, err := a.restRequest(ctx, in.Key, body)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	asked := ask(body)
	if !isUUID(in.Ref) {
		code, bad := portal.ParseCode(in.Ref)
		if bad != nil {
			return nil, a.fail(ctx, portal.ErrNotFound)
		}
		asked.Case, asked.Code = "", code
	}
	res, err := a.Lifecycle.Act(ctx, req, asked)
	return a.result(ctx, in.Key, res, err)
}

func (a *API) result(ctx context.Context, op string, res lifecycle.Result, err error) (*resultOutput, error) {
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	status := api.Applied
	if res.Duplicate {
		status = api.Duplicate
	}
	return &resultOutput{Body: api.Answer{Op: op, Status: status, Case: res.Case, Code: string(res.Code), Version: res.Version, LodgedAt: res.LodgedAt, Receipt: res.Receipt}}, nil
}

// Counter is one maintained number.
type Counter struct {
	District string `json:"district"`
	Metric   string `json:"metric"`
	Key      string `json:"key"`
	Day      string `json:"day,omitempty"`
	N        int64  `json:"n"`
}

type countersInput struct {
	Metric string `query:"metric" enum:"status,registered,closed,escalated,rated,satisfied" default:"status"`
}

type countersOutput struct{ Body []Counter }

// counters answers from maintained numbers, for the districts an officer's
// office answers for.
func (a *API) counters(ctx context.Context, in *countersInput) (*countersOutput, error) {
	p, dir := viewer(ctx), a.Directory(ctx)
	office, ok := dir.Office(p.Actor.Officer.Office)
	if p.Actor.Kind != portal.OfficerActor || !ok {
		return nil, a.fail(ctx, portal.ErrNotFound)
	}
	out := &countersOutput{Body: []Counter{}}
	err := a.Store.View(ctx, func(tx store.Tx) error {
		list, err := tx.Counters(ctx, store.Metric(in.Metric), "")
		for _, c := range list {
			// Those of complaints about somebody stand with the whole province, so
			// that no office sees in its figures that there is one about it.
			if d, ok := dir.Area(c.District); ok && d.Kind == portal.District && c.N != 0 && c.District.Within(office.Area) {
				out.Body = append(out.Body, Counter{District: string(c.District), Metric: string(c.Metric), Key: c.Key, Day: c.Day, N: c.N})
			}
		}
		return err
	})
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return out, nil
}
