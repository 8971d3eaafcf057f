package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// OfficerRequest names an officer to add or disable.
type OfficerRequest struct {
	ID     portal.OfficerID `json:"id"`
	Name   string           `json:"name,omitempty"`
	Title  string           `json:"title,omitempty"`
	Office portal.OfficeID  `json:"office,omitempty"`
	Post   portal.Post      `json:"post,omitempty"`
}

// Invitation is the one-time token with which an officer sets a password.
type Invitation struct {
	Officer   portal.OfficerID `json:"officer"`
	Token     string           `json:"token,omitempty"`
	ExpiresAt time.Time        `json:"expires_at,omitzero"`
}

// console is who acts in the audit log when a command does.
const console = "console"

// How long tokens are good for; package identity's rule.
const (
	bootstrapLife = 15 * time.Minute
	inviteLife    = 72 * time.Hour
)

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
		admin := portal.Officer{ID: id, Name: "Administrator", Title: portal.Text{EN: "Administrator", Reviewed: true}, Office: office, Post: portal.AdminPost}
		if err := b.putDirectory(ctx, portal.Dataset{Officers: []portal.Officer{admin}}); err != nil {
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
	o := portal.Officer{ID: r.ID, Name: r.Name, Title: portal.Text{EN: r.Title}, Office: r.Office, Post: r.Post}
	if err := b.putDirectory(ctx, portal.Dataset{Officers: []portal.Officer{o}}); err != nil {
		return Invitation{}, err
	}
	if was, ok := dir.Officer(r.ID); ok && was.Disabled {
		if err := b.Identity.EnableOfficer(ctx, console, r.ID); err != nil && !errors.Is(err, portal.ErrNotFound) { // who never signed in has no credentials
			return Invitation{}, err
		}
	}
	token, err := b.Identity.InviteToken(ctx, console, r.ID)
	if err != nil {
		return Invitation{}, err
	}
	return Invitation{Officer: r.ID, Token: token.Reveal(), ExpiresAt: b.Now().Add(inviteLife)}, nil
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
	switch r.Post {
	case portal.Head, portal.FocalPost, portal.Staff, portal.AnalystPost, portal.AdminPost:
	default:
		errs = append(errs, portal.Invalid("post", "post_unknown", "%q is not a post: use head, focal, staff, analyst or admin", r.Post))
	}
	return portal.Collect(errs...)
}

// DisableOfficer stops an officer at once, on every node within a second. What
// they did stays under their name.
func (b *Backend) DisableOfficer(ctx context.Context, r *OfficerRequest) (Invitation, error) {
	if r == nil {
		return Invitation{}, portal.Invalid("officer", "officer_missing", "name an officer")
	}
	o, ok := b.Directory.Current(ctx).Officer(r.ID)
	if !ok {
		return Invitation{}, fmt.Errorf("officer %q: %w", r.ID, portal.ErrNotFound)
	}
	o.Disabled = true
	if err := b.putDirectory(ctx, portal.Dataset{Officers: []portal.Officer{o}}); err != nil {
		return Invitation{}, err
	}
	// Their sessions end too, or they would come back with the officer.
	if err := b.Identity.DisableOfficer(ctx, console, r.ID); err != nil && !errors.Is(err, portal.ErrNotFound) {
		return Invitation{}, err
	}
	return Invitation{Officer: r.ID}, nil
}

// PutOffice adds or replaces an office.
func (b *Backend) PutOffice(ctx context.Context, o *portal.Office) (portal.Office, error) {
	if o == nil || o.ID == "" {
		return portal.Office{}, portal.Invalid("office", "office_missing", "give the office's id and JSON")
	}
	return *o, b.putDirectory(ctx, portal.Dataset{Offices: []portal.Office{*o}})
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
