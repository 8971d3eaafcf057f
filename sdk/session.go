package sdk

import (
	"context"
	"errors"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/remote"
)

// account gives who uses the folder.
func (c *Client) account() (a local.Account, err error) {
	if c.unsaved != nil {
		return *c.unsaved, nil
	}
	err = c.view(func(tx *local.Tx) error {
		a, err = tx.Account()
		return err
	})
	return a, err
}

// authed makes a call with the session's token. When the server says the token
// has ended, it is refreshed once and the call made again.
func (c *Client) authed(ctx context.Context, call func(r *remote.Client, token string) error) error {
	a, err := c.account()
	if err != nil {
		return err
	}
	if a.SignedOut || a.Session.Access == "" {
		return signedOut("the session has ended: sign in again, nothing is lost")
	}
	err = c.reach(func(r *remote.Client) error { return call(r, a.Session.Access) })
	if !isProblem(err, api.TypeSignedOut) {
		return err
	}
	token, err := c.newToken(ctx, a.Session.Access)
	if err != nil {
		return err
	}
	return c.reach(func(r *remote.Client) error { return call(r, token) })
}

func isProblem(err error, kind string) bool {
	var p *api.Problem
	return errors.As(err, &p) && p.Type == kind
}

// newToken refreshes the session unless another goroutine did so meanwhile.
// The new tokens are on the disk before they are used. A lost answer is no
// harm: the old refresh token, shown again by this device, gives the same
// successor.
func (c *Client) newToken(ctx context.Context, ended string) (string, error) {
	c.refresh.Lock()
	defer c.refresh.Unlock()
	a, err := c.account()
	if err != nil {
		return "", err
	}
	if a.SignedOut {
		return "", signedOut("the session has ended: sign in again, nothing is lost")
	}
	if a.Session.Access != ended {
		return a.Session.Access, nil
	}
	var s api.Session
	err = c.reach(func(r *remote.Client) (err error) {
		s, err = r.Refresh(ctx, api.RefreshRequest{Refresh: a.Session.Refresh, Device: a.Device})
		return err
	})
	switch {
	case isProblem(err, api.TypeResetDevice):
		return "", c.resetDevice()
	case errors.Is(err, ErrSignedOut):
		return "", errors.Join(err, c.endSession())
	case err != nil:
		return "", err
	}
	if c.cfg.Faults.Bug == local.BugRefreshUnsaved {
		a.Session = s
		c.unsaved = &a
		return s.Access, nil
	}
	err = c.update(func(tx *local.Tx) error { return tx.PutSession(s) })
	return s.Access, err
}

// endSession drops the tokens; what is on the device stays.
func (c *Client) endSession() error {
	err := c.update(func(tx *local.Tx) error { return tx.SignOut() })
	c.changes.send(Change{Account: true})
	return err
}

// resetDevice takes a new identity: the server saw two copies of the old one.
// The outbox is kept under new numbers and waits for the owner to sign in.
func (c *Client) resetDevice() error {
	a, err := c.account()
	if err != nil {
		return err
	}
	device, err := c.home.ReplaceIdentity(a.Login)
	if err != nil {
		return err
	}
	if err := c.update(func(tx *local.Tx) error { return tx.ResetDevice(device) }); err != nil {
		return err
	}
	c.changes.send(Change{Account: true, Outbox: true})
	return signedOut("this device was copied, so it needs a new sign-in; everything unsent is kept")
}
