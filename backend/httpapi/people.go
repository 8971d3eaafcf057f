package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/citizens-portal/portal/backend/admin"
	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/seed"
	"github.com/citizens-portal/portal/sdk/api"
)

// maxImportBody lets a province's whole list of officers through.
const maxImportBody = 8 << 20

type (
	adminQuery struct {
		Text   string `query:"q" maxLength:"200"`
		Office string `query:"office" maxLength:"80"`
		After  string `query:"after" maxLength:"80"`
		Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	}
	adminID struct {
		ID string `path:"id" maxLength:"80"`
	}
	officePut struct {
		ID   string `path:"id" maxLength:"80"`
		Body api.OfficeChange
	}
	officerPut struct {
		ID   string `path:"id" maxLength:"80"`
		Body api.OfficerChange
	}
	tokenPost struct {
		ID     string `path:"id" maxLength:"80"`
		Action string `path:"action" enum:"invite,reset"`
	}
	importPost struct{ Body api.DirectoryFile }
	exportGet  struct {
		Kind string `path:"kind" enum:"offices,officers"`
	}
	answered[T any] struct{ Body T }
)

// peopleRoutes serve administrators.
func (a *API) peopleRoutes(h huma.API) {
	op := func(id, method, path, summary string, body int64) huma.Operation {
		return a.operation(route{id: id, method: method, path: path, summary: summary, body: body})
	}
	huma.Register(h, op("admin-offices", http.MethodGet, api.RouteAdminOffices, "Offices an administrator reaches", maxSmallBody), a.adminOffices)
	huma.Register(h, op("admin-office", http.MethodGet, api.RouteAdminOffice, "An office with its people and history", maxSmallBody), a.adminOffice)
	huma.Register(h, op("admin-put-office", http.MethodPut, api.RouteAdminOffice, "Create, rename, change or close an office", maxActBody), a.adminPutOffice)
	huma.Register(h, op("admin-officers", http.MethodGet, api.RouteAdminOfficers, "Officers an administrator reaches", maxSmallBody), a.adminOfficers)
	huma.Register(h, op("admin-officer", http.MethodGet, api.RouteAdminOfficer, "An officer with their history", maxSmallBody), a.adminOfficer)
	huma.Register(h, op("admin-put-officer", http.MethodPut, api.RouteAdminOfficer, "Add an officer, or change post, office, leave, charge or standing", maxActBody), a.adminPutOfficer)
	huma.Register(h, op("admin-token", http.MethodPost, api.RouteAdminToken, "Invite an officer by a one-time token; reset also ends the old password and TOTP", maxSmallBody), a.adminToken)
	huma.Register(h, op("admin-import", http.MethodPost, api.RouteAdminImport, "Import a CSV file of offices or officers: all of it, or nothing", maxImportBody), a.adminImport)
	huma.Register(h, op("admin-export", http.MethodGet, api.RouteAdminExport, "Export offices or officers as CSV", maxSmallBody), a.adminExport)
}

// give answers with a value, or the problem.
func give[T any](ctx context.Context, a *API, v T, err error) (*answered[T], error) {
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return &answered[T]{Body: v}, nil
}

// administrator gives who acts; changes need a fresh proof of who they are.
func (a *API) administrator(ctx context.Context, fresh bool) (portal.Actor, error) {
	p := viewer(ctx)
	if !p.Actor.Officer.Post.Administers() {
		return portal.Actor{}, portal.ErrNotFound
	}
	if fresh {
		return p.Actor, p.Fresh(a.Now())
	}
	return p.Actor, nil
}

func (q adminQuery) query() admin.Query {
	return admin.Query{Text: q.Text, Office: portal.OfficeID(q.Office), After: q.After, Limit: q.Limit}
}

func (a *API) adminOffices(ctx context.Context, in *adminQuery) (*answered[api.OfficeList], error) {
	by, err := a.administrator(ctx, false)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	list, more, err := a.People.Offices(ctx, by, in.query())
	out := api.OfficeList{Offices: make([]api.OfficeRow, len(list)), More: more}
	for i, o := range list {
		out.Offices[i] = officeRow(o)
	}
	return give(ctx, a, out, err)
}

func (a *API) adminOffice(ctx context.Context, in *adminID) (*answered[api.OfficeDetail], error) {
	by, err := a.administrator(ctx, false)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	v, err := a.People.Office(ctx, by, portal.OfficeID(in.ID))
	return give(ctx, a, api.OfficeDetail{OfficeRow: officeRow(v.OfficeInfo), Staff: officerRecords(v.Staff), Acting: officerRecords(v.Acting), History: revisions(v.History)}, err)
}

func (a *API) adminPutOffice(ctx context.Context, in *officePut) (*answered[api.AdminOutcome], error) {
	by, err := a.administrator(ctx, true)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	r := in.Body.Office
	o := portal.Office{
		ID: portal.OfficeID(in.ID), Kind: portal.OfficeKind(r.Kind), Name: portal.Text(r.Name), Area: portal.AreaID(r.Area), Level: r.Level, Parent: portal.OfficeID(r.Parent),
		ClosedAt: r.ClosedAt, Fact: portal.Fact{Source: r.Source, Check: r.Check, From: r.From},
	}
	for _, c := range r.Categories {
		o.Categories = append(o.Categories, portal.CategoryCode(c))
	}
	saved, err := a.People.Save(ctx, by, directory.Change{Offices: []portal.Office{o}, Reason: in.Body.Reason})
	return give(ctx, a, outcome(saved), err)
}

func (a *API) adminOfficers(ctx context.Context, in *adminQuery) (*answered[api.OfficerList], error) {
	by, err := a.administrator(ctx, false)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	list, more, err := a.People.Officers(ctx, by, in.query())
	return give(ctx, a, api.OfficerList{Officers: officerRecords(list), More: more}, err)
}

func (a *API) adminOfficer(ctx context.Context, in *adminID) (*answered[api.OfficerDetail], error) {
	by, err := a.administrator(ctx, false)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	v, err := a.People.Officer(ctx, by, portal.OfficerID(in.ID))
	return give(ctx, a, api.OfficerDetail{OfficerRecord: officerRecord(v.Officer), CanSignIn: v.CanSignIn, OpenCases: v.OpenCases, History: revisions(v.History)}, err)
}

func (a *API) adminPutOfficer(ctx context.Context, in *officerPut) (*answered[api.AdminOutcome], error) {
	r := in.Body.Officer
	o, known := a.Directory(ctx).Officer(portal.OfficerID(in.ID))
	// To stop somebody must not wait for a code.
	stop := r.Disabled && known
	by, err := a.administrator(ctx, !stop)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	if stop && viewer(ctx).Fresh(a.Now()) != nil {
		// Without a fresh proof nothing but the stop itself is taken.
		saved, err := a.People.SetDisabled(ctx, by, o.ID, true, in.Body.Reason)
		return give(ctx, a, outcome(saved), err)
	}
	o.ID, o.Name, o.Title, o.Office, o.Post, o.Disabled = portal.OfficerID(in.ID), r.Name, portal.Text(r.Title), portal.OfficeID(r.Office), portal.Post(r.Post), r.Disabled
	o.Leaves, o.Charges = nil, nil
	for _, s := range r.Leaves {
		o.Leaves = append(o.Leaves, portal.Span(s))
	}
	for _, c := range r.Charges {
		o.Charges = append(o.Charges, portal.Charge{Office: portal.OfficeID(c.Office), Post: portal.Post(c.Post), Span: portal.Span{From: c.From, Until: c.Until}})
	}
	saved, err := a.People.Save(ctx, by, directory.Change{Officers: []portal.Officer{o}, Reason: in.Body.Reason})
	return give(ctx, a, outcome(saved), err)
}

func (a *API) adminToken(ctx context.Context, in *tokenPost) (*answered[api.AdminInvitation], error) {
	by, err := a.administrator(ctx, true)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	act := a.People.Invite
	if in.Action == "reset" {
		act = a.People.Reset
	}
	inv, err := act(ctx, by, portal.OfficerID(in.ID))
	return give(ctx, a, invitation(inv), err)
}

func (a *API) adminImport(ctx context.Context, in *importPost) (*answered[api.AdminOutcome], error) {
	by, err := a.administrator(ctx, true)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	name := in.Body.Name
	if name == "" {
		name = in.Body.Kind + ".csv"
	}
	done, err := a.People.Import(ctx, by, admin.File{Kind: in.Body.Kind, Name: name, CSV: in.Body.CSV, DryRun: in.Body.DryRun})
	out := outcome(admin.Saved{Outcome: done.Outcome, Reassign: done.Reassign})
	out.DryRun = done.DryRun
	for _, inv := range done.Invitations {
		out.Invitations = append(out.Invitations, invitation(inv))
	}
	return give(ctx, a, out, badLines(err))
}

// badLines turns a file's problems into problems of fields, each with its line.
func badLines(err error) error {
	var lines seed.Problems
	if !errors.As(err, &lines) {
		return err
	}
	out := make(portal.FieldErrors, len(lines))
	for i, l := range lines {
		out[i] = &portal.FieldError{Field: "csv/" + strconv.Itoa(l.Line), Code: "line", Detail: l.Message}
	}
	return out
}

func (a *API) adminExport(ctx context.Context, in *exportGet) (*answered[api.DirectoryFile], error) {
	by, err := a.administrator(ctx, true)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	raw, err := a.People.Export(ctx, by, in.Kind)
	return give(ctx, a, api.DirectoryFile{Kind: in.Kind, Name: in.Kind + ".csv", CSV: string(raw)}, err)
}

func officeRow(o admin.OfficeInfo) api.OfficeRow {
	r := api.OfficeRecord{
		ID: string(o.ID), Kind: string(o.Kind), Name: text(o.Name), Area: string(o.Area), Level: o.Level, Parent: string(o.Parent), ClosedAt: o.ClosedAt,
		Source: o.Source, Check: o.Check, From: o.From,
	}
	for _, c := range o.Categories {
		r.Categories = append(r.Categories, string(c))
	}
	return api.OfficeRow{OfficeRecord: r, Officers: o.Officers, Below: o.Below, Vacant: o.Vacant}
}

func officerRecords(list []portal.Officer) []api.OfficerRecord {
	out := make([]api.OfficerRecord, len(list))
	for i, o := range list {
		out[i] = officerRecord(o)
	}
	return out
}

func officerRecord(o portal.Officer) api.OfficerRecord {
	r := api.OfficerRecord{ID: string(o.ID), Name: o.Name, Title: text(o.Title), Office: string(o.Office), Post: string(o.Post), Disabled: o.Disabled}
	for _, s := range o.Leaves {
		r.Leaves = append(r.Leaves, api.Span(s))
	}
	for _, c := range o.Charges {
		r.Charges = append(r.Charges, api.Charge{Office: string(c.Office), Post: string(c.Post), From: c.From, Until: c.Until})
	}
	return r
}

func revisions(list []directory.Revision) []api.Revision {
	out := make([]api.Revision, len(list))
	for i, r := range list {
		out[i] = api.Revision{N: r.N, At: r.At, By: r.By, Reason: r.Reason, Fields: []api.FieldChange{}}
		for _, f := range r.Fields {
			out[i].Fields = append(out[i].Fields, api.FieldChange{Field: f.Field, From: string(f.From), To: string(f.To)})
		}
	}
	return out
}

func outcome(s admin.Saved) api.AdminOutcome {
	out := api.AdminOutcome{Added: s.Added, Changed: s.Changed, Unchanged: s.Unchanged}
	for _, code := range s.Reassign {
		out.Reassign = append(out.Reassign, string(code))
	}
	return out
}

func invitation(i admin.Invitation) api.AdminInvitation {
	return api.AdminInvitation{Officer: string(i.Officer), Token: i.Token, ExpiresAt: i.ExpiresAt}
}
