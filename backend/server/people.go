package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/citizens-portal/portal/backend/admin"
	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// OfficerRequest names an officer (or an office) and what a command does to it.
type OfficerRequest struct {
	ID     portal.OfficerID `json:"id"`
	Name   string           `json:"name,omitempty"`
	Title  string           `json:"title,omitempty"`
	Office portal.OfficeID  `json:"office,omitempty"`
	Post   portal.Post      `json:"post,omitempty"`
	// From and Until bound a leave or a charge.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Reason goes into the history.
	Reason string `json:"reason,omitempty"`
}

// Invitation is the one-time token with which an officer sets a password.
type Invitation = admin.Invitation

// bootstrapLife is how long the first token is good for; package identity's
// rule.
const bootstrapLife = 15 * time.Minute

// Bootstrap makes the first administrator, with the top office of the chain,
// and the one-time token to sign in with. It is refused once anybody can.
func (b *Backend) Bootstrap(ctx context.Context) (Invitation, error) {
	const id = portal.OfficerID("admin")
	dir := b.Directory.Current(ctx)
	office, ok := topOffice(dir)
	if !ok {
		return Invitation{}, portal.Invalid("offices", "offices_missing", "the store has no offices yet: run portald seed first")
	}
	token, err := b.Identity.Bootstrap(ctx, id)
	if errors.Is(err, identity.ErrBootstrapped) {
		return Invitation{}, fmt.Errorf("%w: %w", err, portal.ErrForbidden)
	}
	if err != nil {
		return Invitation{}, err
	}
	if _, ok := dir.Officer(id); !ok {
		first := portal.Officer{ID: id, Name: "Administrator", Title: portal.Text{EN: "Administrator", Reviewed: true}, Office: office, Post: portal.AdminPost}
		if _, err := b.People.Save(ctx, admin.Console(), directory.Change{Officers: []portal.Officer{first}, Reason: "bootstrap"}); err != nil {
			return Invitation{}, err
		}
	}
	return Invitation{Officer: id, Token: token.Reveal(), ExpiresAt: b.Now().Add(bootstrapLife)}, nil
}

func topOffice(dir *portal.Directory) (portal.OfficeID, bool) {
	var top portal.Office
	for _, o := range dir.Data().Offices {
		if o.Kind == portal.Chain && (top.ID == "" || o.Level > top.Level) {
			top = o
		}
	}
	return top.ID, top.ID != ""
}

// AddOfficer puts an officer into the directory, or back into it, and makes the
// token with which they set their password.
func (b *Backend) AddOfficer(ctx context.Context, r *OfficerRequest) (Invitation, error) {
	if r == nil {
		return Invitation{}, portal.Invalid("officer", "officer_missing", "name an officer")
	}
	dir := b.Directory.Current(ctx)
	if err := checkOfficer(dir, *r); err != nil {
		return Invitation{}, err
	}
	o, _ := dir.Officer(r.ID)
	o.ID, o.Name, o.Title, o.Office, o.Post, o.Disabled = r.ID, r.Name, portal.Text{EN: r.Title}, r.Office, r.Post, false
	if _, err := b.People.Save(ctx, admin.Console(), directory.Change{Officers: []portal.Officer{o}, Reason: r.Reason}); err != nil {
		return Invitation{}, err
	}
	return b.People.Invite(ctx, admin.Console(), r.ID)
}

func checkOfficer(dir *portal.Directory, r OfficerRequest) error {
	var errs []error
	if r.ID == "" {
		errs = append(errs, portal.Invalid("name", "officer_id", "give the sign-in name, e.g. focal.swat"))
	}
	if r.Name == "" {
		errs = append(errs, portal.Invalid("name", "officer_name", "give the person's name with --name"))
	}
	if _, ok := dir.Office(r.Office); !ok {
		errs = append(errs, portal.Invalid("office", "office_unknown", "%q is not an office; see portald office list", r.Office))
	}
	if !slices.Contains(portal.Posts(), r.Post) {
		errs = append(errs, portal.Invalid("post", "post_unknown", "%q is not a post: use head, focal, staff, analyst or admin", r.Post))
	}
	return portal.Collect(errs...)
}

// changeOfficer saves an officer of the directory with something changed.
func (b *Backend) changeOfficer(ctx context.Context, r *OfficerRequest, edit func(o *portal.Officer) error) (admin.Saved, error) {
	if r == nil {
		return admin.Saved{}, portal.Invalid("officer", "officer_missing", "name an officer")
	}
	o, ok := b.Directory.Current(ctx).Officer(r.ID)
	if !ok {
		return admin.Saved{}, fmt.Errorf("officer %q: %w", r.ID, portal.ErrNotFound)
	}
	o.Leaves, o.Charges = slices.Clone(o.Leaves), slices.Clone(o.Charges)
	if err := edit(&o); err != nil {
		return admin.Saved{}, err
	}
	return b.People.Save(ctx, admin.Console(), directory.Change{Officers: []portal.Officer{o}, Reason: r.Reason})
}

// moveOfficer sends an officer to another office, or gives them another post;
// what is not given stays.
func (b *Backend) moveOfficer(ctx context.Context, r *OfficerRequest) (admin.Saved, error) {
	return b.changeOfficer(ctx, r, func(o *portal.Officer) error {
		if r.Office == "" && r.Post == "" {
			return portal.Invalid("office", "office_missing", "say where to with --office, or to which post with --post")
		}
		o.Office = cmp.Or(r.Office, o.Office)
		o.Post = cmp.Or(r.Post, o.Post)
		return nil
	})
}

// leaveOfficer notes a leave; one that begins on the same day is replaced, and
// one without an end replaces the present one's end.
func (b *Backend) leaveOfficer(ctx context.Context, r *OfficerRequest) (admin.Saved, error) {
	return b.changeOfficer(ctx, r, func(o *portal.Officer) error {
		span := portal.Span{From: r.From, Until: r.Until}
		o.Leaves = append(slices.DeleteFunc(o.Leaves, func(s portal.Span) bool { return s.From.Equal(span.From) }), span)
		return nil
	})
}

// chargeOfficer makes an officer the acting holder of a post of another office.
func (b *Backend) chargeOfficer(ctx context.Context, r *OfficerRequest) (admin.Saved, error) {
	return b.changeOfficer(ctx, r, func(o *portal.Officer) error {
		if _, ok := b.Directory.Current(ctx).Office(r.Office); !ok {
			return portal.Invalid("office", "office_unknown", "%q is not an office; see portald office list", r.Office)
		}
		charge := portal.Charge{Office: r.Office, Post: r.Post, Span: portal.Span{From: r.From, Until: r.Until}}
		same := func(c portal.Charge) bool { return c.Office == charge.Office && c.From.Equal(charge.From) }
		o.Charges = append(slices.DeleteFunc(o.Charges, same), charge)
		return nil
	})
}

// DisableOfficer stops an officer at once, on every node within a second. What
// they did stays under their name.
func (b *Backend) DisableOfficer(ctx context.Context, r *OfficerRequest) (Invitation, error) {
	if r == nil {
		return Invitation{}, portal.Invalid("officer", "officer_missing", "name an officer")
	}
	_, err := b.People.SetDisabled(ctx, admin.Console(), r.ID, true, r.Reason)
	return Invitation{Officer: r.ID}, err
}

// PutOffice adds or replaces an office.
func (b *Backend) PutOffice(ctx context.Context, o *portal.Office) (portal.Office, error) {
	if o == nil || o.ID == "" {
		return portal.Office{}, portal.Invalid("office", "office_missing", "give the office's id and JSON")
	}
	_, err := b.People.Save(ctx, admin.Console(), directory.Change{Offices: []portal.Office{*o}})
	return *o, err
}

// peopleCalls are what commands ask about offices and officers.
func peopleCalls() []adminCall {
	officer := func(f func(context.Context, *Backend, *OfficerRequest) (any, error)) func(context.Context, *Backend, AdminRequest) (any, error) {
		return func(ctx context.Context, b *Backend, r AdminRequest) (any, error) {
			if r.Officer == nil {
				return nil, portal.Invalid("officer", "officer_missing", "name an officer or office")
			}
			return f(ctx, b, r.Officer)
		}
	}
	return []adminCall{
		{"officer-add", officer(func(ctx context.Context, b *Backend, r *OfficerRequest) (any, error) { return b.AddOfficer(ctx, r) })},
		{"officer-disable", officer(func(ctx context.Context, b *Backend, r *OfficerRequest) (any, error) { return b.DisableOfficer(ctx, r) })},
		{"officer-enable", officer(func(ctx context.Context, b *Backend, r *OfficerRequest) (any, error) {
			return b.People.SetDisabled(ctx, admin.Console(), r.ID, false, r.Reason)
		})},
		{"officer-invite", officer(func(ctx context.Context, b *Backend, r *OfficerRequest) (any, error) {
			return b.People.Invite(ctx, admin.Console(), r.ID)
		})},
		{"officer-reset", officer(func(ctx context.Context, b *Backend, r *OfficerRequest) (any, error) {
			return b.People.Reset(ctx, admin.Console(), r.ID)
		})},
		{"officer-move", officer(func(ctx context.Context, b *Backend, r *OfficerRequest) (any, error) { return b.moveOfficer(ctx, r) })},
		{"officer-leave", officer(func(ctx context.Context, b *Backend, r *OfficerRequest) (any, error) { return b.leaveOfficer(ctx, r) })},
		{"officer-act", officer(func(ctx context.Context, b *Backend, r *OfficerRequest) (any, error) { return b.chargeOfficer(ctx, r) })},
		{"officer-show", officer(func(ctx context.Context, b *Backend, r *OfficerRequest) (any, error) {
			return b.People.Officer(ctx, admin.Console(), r.ID)
		})},
		{"office-show", officer(func(ctx context.Context, b *Backend, r *OfficerRequest) (any, error) {
			return b.People.Office(ctx, admin.Console(), r.Office)
		})},
		{"office-close", officer(func(ctx context.Context, b *Backend, r *OfficerRequest) (any, error) {
			return b.People.CloseOffice(ctx, admin.Console(), r.Office, r.Reason)
		})},
		{"officer-list", func(ctx context.Context, b *Backend, _ AdminRequest) (any, error) {
			list, _, err := b.People.Officers(ctx, admin.Console(), admin.Query{})
			return list, err
		}},
		{"office-list", func(ctx context.Context, b *Backend, _ AdminRequest) (any, error) {
			list, _, err := b.People.Offices(ctx, admin.Console(), admin.Query{})
			return list, err
		}},
		{"office-put", func(ctx context.Context, b *Backend, r AdminRequest) (any, error) { return b.PutOffice(ctx, r.Office) }},
		{"import", func(ctx context.Context, b *Backend, r AdminRequest) (any, error) {
			if r.File == nil {
				return nil, portal.Invalid("file", "file_missing", "give a file")
			}
			return b.People.Import(ctx, admin.Console(), *r.File)
		}},
		{"export", func(ctx context.Context, b *Backend, r AdminRequest) (any, error) {
			if r.File == nil {
				return nil, portal.Invalid("file", "file_missing", "say what to export")
			}
			raw, err := b.People.Export(ctx, admin.Console(), r.File.Kind)
			return admin.File{Kind: r.File.Kind, CSV: string(raw)}, err
		}},
	}
}

func (b *Backend) putDirectory(ctx context.Context, data portal.Dataset) error {
	if err := b.Store.Update(ctx, func(tx store.Tx) error { return directory.Put(ctx, tx, data) }); err != nil {
		return err
	}
	if err := b.Directory.Reload(ctx); err != nil {
		return err
	}
	// Whoever a complaint is about may have come to where it lies.
	return b.Sweeper.Settle(ctx)
}
