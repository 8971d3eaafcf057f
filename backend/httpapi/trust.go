package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/citizens-portal/portal/backend/access"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk/api"
)

// What keeps a complainant safe, and lets them see and take away what the portal
// knows: opening an identity, the access log, the export, erasure, and accounts
// opened at a desk.

type (
	revealInput struct {
		Key  string `header:"Idempotency-Key" required:"true" minLength:"36" maxLength:"36" doc:"UUID, the same on every retry"`
		Ref  string `path:"ref" maxLength:"64" doc:"id or code"`
		Body api.RevealRequest
	}
	identityOutput    struct{ Body api.Identity }
	accessOutput      struct{ Body []api.Access }
	exportOutput      struct{ Body api.Export }
	deskAccountInput  struct{ Body api.DeskAccountRequest }
	deskAccountOutput struct{ Body api.DeskAccount }
)

func (a *API) trustRoutes(h huma.API) {
	own := func(id, method, path, summary string, status int) huma.Operation {
		return a.operation(route{id: id, method: method, path: path, summary: summary, body: maxSmallBody, status: status})
	}
	reveal := own("reveal-identity", http.MethodPost, api.RouteIdentity, "Who filed a complaint; the citizen is told who asked and why", 0)
	reveal.MaxBodyBytes = maxActBody
	huma.Register(h, reveal, a.reveal)
	huma.Register(h, own("access-log", http.MethodGet, api.RouteAccessLog, "Which officers opened the citizen's complaints", 0), a.accessLog)
	huma.Register(h, own("export", http.MethodGet, api.RouteExport, "All that the portal keeps about the citizen", 0), a.export)
	huma.Register(h, own("delete-account", http.MethodDelete, api.RouteMe, "Erase who the citizen is and what they wrote, and sign all devices out", http.StatusNoContent), a.deleteAccount)
	huma.Register(h, own("register-at-desk", http.MethodPost, api.RouteDeskAccount, "Open an account for a citizen at the counter", http.StatusCreated), a.registerAtDesk)
}

// admit is asked when a complaint is filed without an account.
func (a *API) admit(ctx context.Context) func(context.Context, store.Tx) error {
	if !viewer(ctx).Actor.Account.Anonymous() {
		return nil
	}
	address := a.addressOf(ctx)
	return func(ctx context.Context, tx store.Tx) error { return a.Identity.AdmitAnonymous(ctx, tx, address) }
}

// noteOpening writes an officer's opening of a case into the citizen's access
// log before anything of it is shown: what cannot be noted is not shown.
func (a *API) noteOpening(ctx context.Context, ref string) error {
	actor := viewer(ctx).Actor
	if actor.Kind != portal.OfficerActor {
		return nil
	}
	noted := false
	err := a.Store.View(ctx, func(tx store.Tx) error {
		c, err := a.find(ctx, tx, ref)
		if err == nil {
			noted, err = access.Noted(ctx, tx, actor, c, access.Complaint, a.Now())
		}
		return err
	})
	if err != nil || noted {
		return err
	}
	return a.Store.Update(ctx, func(tx store.Tx) error {
		c, err := a.find(ctx, tx, ref)
		if err != nil {
			return err
		}
		return access.Note(ctx, tx, actor, c, access.Complaint, a.Now().UTC())
	})
}

func (a *API) reveal(ctx context.Context, in *revealInput) (*identityOutput, error) {
	p := viewer(ctx)
	// Before anything is looked up: an old session learns nothing.
	if err := p.Fresh(a.Now()); p.Actor.Kind == portal.OfficerActor && err != nil {
		return nil, a.fail(ctx, err)
	}
	req, err := a.restRequest(ctx, in.Key, in.Body)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	ask := lifecycle.Ask{Case: in.Ref, Text: in.Body.Reason}
	if !isUUID(in.Ref) {
		code, bad := portal.ParseCode(in.Ref)
		if bad != nil {
			return nil, a.fail(ctx, portal.ErrNotFound)
		}
		ask.Case, ask.Code = "", code
	}
	out := &identityOutput{}
	_, err = a.Lifecycle.Reveal(ctx, req, ask, func(ctx context.Context, tx store.Tx, c portal.Case) error {
		who, err := a.Identity.Reveal(ctx, tx, p, c)
		if err != nil {
			return err
		}
		body, err := filed(ctx, tx, c.ID)
		out.Body = api.Identity{Case: c.ID, Code: string(c.Code), Name: who.Name, Mobile: who.Mobile.Reveal(), CNIC: who.CNIC, District: a.lens(ctx, tx).slug(who.District), Place: body.Place}
		return err
	})
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	a.Identity.NotifyNow()
	return out, nil
}

func (a *API) accessLog(ctx context.Context, _ *none) (*accessOutput, error) {
	out := &accessOutput{}
	err := a.Store.View(ctx, func(tx store.Tx) (err error) {
		out.Body, err = a.accesses(ctx, tx)
		return err
	})
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return out, nil
}

func (a *API) accesses(ctx context.Context, tx store.Tx) ([]api.Access, error) {
	p := viewer(ctx)
	if p.Actor.Kind != portal.CitizenActor {
		return nil, portal.ErrForbidden
	}
	entries, err := access.Of(ctx, tx, p.Actor.Account)
	out, dir := []api.Access{}, a.Directory(ctx)
	for _, e := range entries {
		// What a device may not see yet, it may not see here.
		c, err := a.find(ctx, tx, e.Case)
		if errors.Is(err, portal.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		shown := api.Access{Case: c.ID, Code: string(e.Code), At: e.At, What: string(e.What), By: string(e.Office), Title: text(e.Title)}
		if o, ok := dir.Office(e.Office); ok {
			shown.OfficeName = text(o.Name)
		}
		if e.What == access.Identity {
			shown.Person = e.Name
		}
		out = append(out, shown)
	}
	return out, err
}

// exportPage is how many complaints are read at a time.
const exportPage = 100

func (a *API) export(ctx context.Context, _ *none) (*exportOutput, error) {
	p := viewer(ctx)
	who, err := a.Identity.Particulars(ctx, p)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	devices, err := a.devices(ctx, nil)
	if err != nil {
		return nil, err
	}
	out := &exportOutput{Body: api.Export{Format: 1, ExportedAt: a.Now().UTC(), Devices: devices.Body, Complaints: []api.ExportComplaint{}, Profile: api.ExportProfile{
		Name: who.Name, CNIC: who.CNIC.Reveal(), Mobile: who.Mobile.Reveal(), District: string(who.District), Language: who.Language, CreatedAt: who.CreatedAt,
	}}}
	page := store.Page{Limit: exportPage}
	for more := true; more; {
		err := a.Store.View(ctx, func(tx store.Tx) error {
			cases, err := tx.Cases(ctx, store.ScopeOf(p.Actor), page)
			if err != nil {
				return err
			}
			if more = len(cases) == page.Limit; more {
				last := cases[len(cases)-1]
				page.BeforeTime, page.BeforeID = last.LodgedAt, last.ID
			}
			return a.exportCases(ctx, tx, cases, &out.Body)
		})
		if err != nil {
			return nil, a.fail(ctx, err)
		}
	}
	err = a.Store.View(ctx, func(tx store.Tx) (err error) {
		out.Body.Access, err = a.accesses(ctx, tx)
		return err
	})
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return out, nil
}

func (a *API) exportCases(ctx context.Context, tx store.Tx, cases []portal.Case, out *api.Export) error {
	l := a.lens(ctx, tx)
	for _, c := range cases {
		body, err := tx.Body(ctx, c.ID)
		if err != nil {
			return err
		}
		shown, err := l.complaint(c, body)
		if err != nil {
			return err
		}
		events, err := tx.Events(ctx, c.ID, 0)
		if err != nil {
			return err
		}
		out.Complaints = append(out.Complaints, api.ExportComplaint{Complaint: shown, Events: l.events(events)})
	}
	return l.files.err
}

// deleteAccount erases, in this order, files, words, what was put aside, the
// access log, and last the account itself: until then its owner can ask again.
func (a *API) deleteAccount(ctx context.Context, _ *none) (*none, error) {
	p := viewer(ctx)
	if err := a.Identity.MayDelete(ctx, p); err != nil {
		return nil, a.fail(ctx, err)
	}
	account := p.Actor.Account
	err := a.Lifecycle.Erase(ctx, account, func(ctx context.Context, c portal.Case) error {
		if a.Media == nil {
			return nil
		}
		return a.Media.Erase(ctx, c)
	})
	if err == nil {
		err = a.forget(ctx, p)
	}
	if err == nil {
		err = a.Identity.DeleteAccount(ctx, p)
	}
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	if err := a.Store.Scrub(ctx, false); err != nil {
		// It is gone for everybody who asks; what is left in the files' unused
		// parts goes with the next Scrub.
		a.log.WarnContext(ctx, "the store's files could not be scrubbed", slog.Any("error", err))
	}
	return nil, nil
}

// forget deletes what this package keeps of an account: the access log, and
// operations that were put aside.
func (a *API) forget(ctx context.Context, p identity.Principal) error {
	return a.Store.Update(ctx, func(tx store.Tx) error {
		if err := access.Forget(ctx, tx, p.Actor.Account); err != nil {
			return err
		}
		aside, err := tx.Records(ctx, kindQuarantine, p.Subject())
		if err != nil {
			return err
		}
		for _, r := range aside {
			if err := tx.DeleteRecord(ctx, kindQuarantine, r.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *API) registerAtDesk(ctx context.Context, in *deskAccountInput) (*deskAccountOutput, error) {
	b := in.Body
	made, err := a.Identity.RegisterAtDesk(ctx, viewer(ctx), identity.RegisterInput{CNIC: b.CNIC, Mobile: b.Mobile, Name: b.Name, District: b.District, Language: b.Language})
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return &deskAccountOutput{Body: api.DeskAccount{Mobile: made.Mobile.Reveal(), SetupCode: made.SetupCode.Reveal(), ExpiresAt: made.EndsAt}}, nil
}
