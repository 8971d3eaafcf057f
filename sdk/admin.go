package sdk

import (
	"context"
	"strings"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/remote"
)

// Admin is for those who administer offices and officers. It works online only:
// nothing of it is kept on the device, and nothing waits in the outbox. Errors:
// ErrOffline, ErrStepUp (see Accounts.StepUp), ErrNotFound for what is out of
// reach, ErrInvalid, ErrConflict.
type Admin struct{ c *Client }

// AdminQuery chooses offices or officers: by words in any language, by the
// office above or theirs, and from which id on.
type AdminQuery = remote.AdminQuery

// asked makes one call as who is signed in.
func asked[T any](ctx context.Context, a *Admin, call func(r *remote.Client, token string) (T, error)) (out T, err error) {
	err = a.c.authed(ctx, func(r *remote.Client, token string) (err error) {
		out, err = call(r, token)
		return err
	})
	return out, err
}

// Offices lists the offices within reach, by id.
func (a *Admin) Offices(ctx context.Context, q AdminQuery) (api.OfficeList, error) {
	return asked(ctx, a, func(r *remote.Client, token string) (api.OfficeList, error) { return r.AdminOffices(ctx, token, q) })
}

// Office gives an office with its people and history.
func (a *Admin) Office(ctx context.Context, id string) (api.OfficeDetail, error) {
	if err := needsID(id); err != nil {
		return api.OfficeDetail{}, err
	}
	return asked(ctx, a, func(r *remote.Client, token string) (api.OfficeDetail, error) { return r.AdminOffice(ctx, token, id) })
}

// PutOffice creates, renames, changes or (with ClosedAt) closes an office.
func (a *Admin) PutOffice(ctx context.Context, ch api.OfficeChange) (api.AdminOutcome, error) {
	if err := needsID(ch.Office.ID); err != nil {
		return api.AdminOutcome{}, err
	}
	return asked(ctx, a, func(r *remote.Client, token string) (api.AdminOutcome, error) {
		return r.AdminPutOffice(ctx, token, ch)
	})
}

// Officers lists the officers within reach, by id.
func (a *Admin) Officers(ctx context.Context, q AdminQuery) (api.OfficerList, error) {
	return asked(ctx, a, func(r *remote.Client, token string) (api.OfficerList, error) { return r.AdminOfficers(ctx, token, q) })
}

// Officer gives an officer with their history.
func (a *Admin) Officer(ctx context.Context, id string) (api.OfficerDetail, error) {
	if err := needsID(id); err != nil {
		return api.OfficerDetail{}, err
	}
	return asked(ctx, a, func(r *remote.Client, token string) (api.OfficerDetail, error) { return r.AdminOfficer(ctx, token, id) })
}

// PutOfficer adds an officer, or changes name, post, office, leaves, charges or
// whether they are disabled.
func (a *Admin) PutOfficer(ctx context.Context, ch api.OfficerChange) (api.AdminOutcome, error) {
	if err := needsID(ch.Officer.ID); err != nil {
		return api.AdminOutcome{}, err
	}
	return asked(ctx, a, func(r *remote.Client, token string) (api.AdminOutcome, error) {
		return r.AdminPutOfficer(ctx, token, ch)
	})
}

// Invite gives the one-time token with which an officer sets their password and
// TOTP (Accounts.AcceptInvitation).
func (a *Admin) Invite(ctx context.Context, officer string) (api.AdminInvitation, error) {
	return a.token(ctx, officer, "invite")
}

// Reset is Invite that also ends the old password, TOTP and sessions at once.
func (a *Admin) Reset(ctx context.Context, officer string) (api.AdminInvitation, error) {
	return a.token(ctx, officer, "reset")
}

func (a *Admin) token(ctx context.Context, officer, action string) (api.AdminInvitation, error) {
	if err := needsID(officer); err != nil {
		return api.AdminInvitation{}, err
	}
	return asked(ctx, a, func(r *remote.Client, token string) (api.AdminInvitation, error) {
		return r.AdminToken(ctx, token, officer, action)
	})
}

// Import adds and changes what a CSV file lists, all of it or nothing. A bad
// line is a field problem with the pointer "/csv/LINE".
func (a *Admin) Import(ctx context.Context, f api.DirectoryFile) (api.AdminOutcome, error) {
	return asked(ctx, a, func(r *remote.Client, token string) (api.AdminOutcome, error) { return r.AdminImport(ctx, token, f) })
}

// Export gives the "offices" or "officers" within reach as Import reads them.
func (a *Admin) Export(ctx context.Context, kind string) (api.DirectoryFile, error) {
	return asked(ctx, a, func(r *remote.Client, token string) (api.DirectoryFile, error) {
		return r.AdminExport(ctx, token, kind)
	})
}

func needsID(id string) error {
	if strings.TrimSpace(id) == "" {
		return invalid(field("id", "id_missing", "name the office or officer"))
	}
	return nil
}
