package sdk

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/remote"
)

// Helper files a complaint for somebody else: a neighbour, a shopkeeper or a
// volunteer types, the other's phone gets the SMS. The complaint belongs to the
// other's account. They are signed in for as long as the filing takes, on a
// device that nothing remembers, and see none of their older complaints on it;
// who is signed in here stays so.
type Helper struct{ c *Client }

// HelpedComplaint is what the helper gives the other person.
type HelpedComplaint struct {
	ID   string `json:"id"`
	Code string `json:"code"`
	// Track is the address of the tracking page, for a QR code on paper.
	Track string `json:"track"`
	// RecoveryCode is set when the account is new: it belongs to the other person.
	RecoveryCode string `json:"recovery_code,omitempty"`
}

// Begin has an SMS sent to the other person. registration is needed when they
// have no account yet; its number is theirs.
func (h *Helper) Begin(ctx context.Context, mobile string, registration *Registration) (ch api.Challenge, err error) {
	number, err := NormalMobile(mobile)
	if err != nil {
		return ch, err
	}
	device, err := h.c.home.NewDevice("a helper's device")
	if err != nil {
		return ch, err
	}
	err = h.c.reach(func(r *remote.Client) error {
		if registration == nil {
			ch, err = r.Login(ctx, api.LoginRequest{Mobile: number, Device: device})
			return err
		}
		ch, err = r.Register(ctx, api.RegisterRequest{CNIC: registration.CNIC, Mobile: number, Name: strings.TrimSpace(registration.Name),
			District: registration.District, Language: registration.Language, Device: device})
		return err
	})
	if err != nil {
		return ch, err
	}
	return ch, h.c.home.SetHelping(&local.Helping{Challenge: ch.Challenge, ExpiresAt: ch.ExpiresAt, Mobile: number, Device: device})
}

// Lodge answers the other person's SMS, files the draft for them and signs them
// out. When the network fails in between, calling it again goes on where it
// stopped.
func (h *Helper) Lodge(ctx context.Context, otp string, d Draft) (HelpedComplaint, error) {
	h.c.Directory.ensure(ctx)
	if len(d.Files) > 0 {
		return HelpedComplaint{}, invalid(field("files", "files_helper", "files cannot be sent for somebody else: they can add them on their own phone"))
	}
	if err := h.c.Complaints.check(d); err != nil {
		return HelpedComplaint{}, err
	}
	p, ok, err := h.c.home.Helping()
	if err != nil {
		return HelpedComplaint{}, err
	}
	if !ok {
		return HelpedComplaint{}, invalid(field("otp", "otp_unasked", "no SMS was asked for: begin with the other person's number"))
	}
	recovery := ""
	if p.Access == "" {
		otp = asciiDigits(strings.TrimSpace(otp))
		if !otpDigits.MatchString(otp) {
			return HelpedComplaint{}, invalid(field("otp", "otp_shape", "the code in the SMS has six digits"))
		}
		if recovery, err = h.enter(ctx, &p, otp, d); err != nil {
			return HelpedComplaint{}, err
		}
	}
	out, err := h.file(ctx, p)
	out.RecoveryCode = recovery
	if err != nil {
		return out, err
	}
	return out, h.leave(ctx, p)
}

// enter signs the other person in and settles what will be filed, once.
func (h *Helper) enter(ctx context.Context, p *local.Helping, otp string, d Draft) (recovery string, err error) {
	var s api.Session
	err = h.c.reach(func(r *remote.Client) error {
		s, err = r.Verify(ctx, api.VerifyRequest{Challenge: p.Challenge, OTP: otp, Device: p.Device})
		return err
	})
	if err != nil {
		return "", err
	}
	secret := make([]byte, 16)
	if _, err := io.ReadFull(h.c.rand, secret); err != nil {
		return "", fmt.Errorf("tracking secret: %w", err)
	}
	made, err := h.c.Complaints.lodging(d, secret)
	if err != nil {
		return "", err
	}
	made.op.N = 1 // the device is new and does nothing else
	p.Access, p.Op, p.Secret = s.Access, &made.op.Operation, base64.RawURLEncoding.EncodeToString(secret)
	return s.RecoveryCode, h.c.home.SetHelping(p)
}

func (h *Helper) file(ctx context.Context, p local.Helping) (out HelpedComplaint, err error) {
	var resp api.SyncResponse
	err = h.c.reach(func(r *remote.Client) error {
		resp, err = r.Sync(ctx, p.Access, api.SyncRequest{Request: 1, Operations: []api.Operation{*p.Op}})
		return err
	})
	if errors.Is(err, ErrSignedOut) {
		return out, errors.Join(err, h.c.home.SetHelping(nil)) // too long ago: begin anew
	}
	if err != nil {
		return out, err
	}
	for _, a := range resp.Answers {
		switch a.Status {
		case api.Applied, api.Duplicate:
			out = HelpedComplaint{ID: a.Case, Code: a.Code}
			out.Track = h.c.Complaints.track(local.Receipt{Code: a.Code, Secret: p.Secret, Receipt: a.Receipt})
			return out, nil
		case api.RetryAfter:
			return out, &Error{Kind: ErrServer, Problem: a.Problem}
		case api.Rejected:
			return out, errors.Join(fromProblem(a.Problem), h.leave(ctx, p))
		}
	}
	return out, &Error{Kind: ErrServer, Cause: errors.New("the complaint was not answered")}
}

// leave signs the other person out and forgets that they were here.
func (h *Helper) leave(ctx context.Context, p local.Helping) error {
	err := h.c.reach(func(r *remote.Client) error { return r.Logout(ctx, p.Access) })
	if errors.Is(err, ErrOffline) || errors.Is(err, ErrSignedOut) {
		err = nil // the token is destroyed here, and ends by itself within minutes
	}
	return errors.Join(err, h.c.home.SetHelping(nil))
}
