package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/citizens-portal/portal/backend/feed"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/sdk/api"
)

type (
	registerInput struct{ Body api.RegisterRequest }
	loginInput    struct{ Body api.LoginRequest }
	verifyInput   struct{ Body api.VerifyRequest }
	officerInput  struct{ Body api.OfficerLogin }
	refreshInput  struct{ Body api.RefreshRequest }
	resendInput   struct{ Body api.ResendRequest }
	recoverInput  struct{ Body api.RecoverRequest }
	inviteInput   struct{ Body api.InvitationRequest }
	pinInput      struct{ Body PINRequest }
	stepUpInput   struct{ Body api.StepUpRequest }
	deviceInput   struct {
		ID string `path:"id" maxLength:"64"`
	}
	challengeOutput struct{ Body api.Challenge }
	sessionOutput   struct{ Body api.Session }
	enrolmentOutput struct{ Body api.Enrolment }
	profileOutput   struct{ Body api.Profile }
	devicesOutput   struct{ Body []api.Device }
	none            struct{}
)

// PINRequest carries the citizen's PIN.
type PINRequest struct {
	PIN string `json:"pin" maxLength:"64"`
}

func (a *API) sessionRoutes(h huma.API) {
	post := func(id, path, summary string) huma.Operation {
		return a.operation(route{id: id, method: http.MethodPost, path: path, summary: summary, body: maxSmallBody, public: true})
	}
	own := func(id, method, path, summary string, status int) huma.Operation {
		return a.operation(route{id: id, method: method, path: path, summary: summary, body: maxSmallBody, status: status})
	}
	huma.Register(h, post("register", api.RouteRegister, "Open an account; the answer is the same for a number that has one"), a.register)
	huma.Register(h, post("login", api.RouteLogin, "Ask for a one-time password by SMS"), a.login)
	huma.Register(h, post("resend", api.RouteResend, "Ask for the SMS once more"), a.resend)
	huma.Register(h, post("recover", api.RouteRecover, "Sign in with the recovery code on paper"), a.recover)
	huma.Register(h, post("accept-invitation", api.RouteInvitation, "Set an officer's password with a one-time invitation"), a.acceptInvitation)
	huma.Register(h, post("verify", api.RouteVerify, "Answer the challenge and get a session"), a.verify)
	huma.Register(h, post("login-officer", api.RouteOfficer, "Sign an officer in by password and TOTP"), a.loginOfficer)
	huma.Register(h, post("refresh", api.RouteRefresh, "Trade a refresh token for the next session"), a.refresh)
	huma.Register(h, own("logout", http.MethodPost, api.RouteLogout, "End the session", http.StatusNoContent), a.logout)
	huma.Register(h, own("me", http.MethodGet, api.RouteMe, "Who is signed in", 0), a.me)
	huma.Register(h, own("devices", http.MethodGet, api.RouteDevices, "The account's devices", 0), a.devices)
	huma.Register(h, own("approve-device", http.MethodPost, api.RouteApprove, "Approve another device of the account", http.StatusNoContent), a.approve)
	huma.Register(h, own("remove-device", http.MethodDelete, api.RouteDevice, "Remove a device of the account and end its sessions", http.StatusNoContent), a.removeDevice)
	huma.Register(h, own("step-up", http.MethodPost, api.RouteStepUp, "Prove once more who is signed in: officers by a fresh TOTP code, citizens by PIN", http.StatusNoContent), a.stepUp)
	huma.Register(h, own("set-pin", http.MethodPut, api.RoutePIN, "Set the PIN that approves a new device", http.StatusNoContent), a.setPIN)
	huma.Register(h, own("approve-by-pin", http.MethodPost, api.RoutePIN, "Approve this device by the PIN", http.StatusNoContent), a.approveByPIN)
}

func device(d api.DeviceInfo) identity.DeviceInput { return identity.DeviceInput(d) }

func (a *API) register(ctx context.Context, in *registerInput) (*challengeOutput, error) {
	b := in.Body
	c, err := a.Identity.Register(ctx, identity.RegisterInput{
		CNIC: b.CNIC, Mobile: b.Mobile, Name: b.Name, District: b.District, Language: b.Language, Device: device(b.Device),
	})
	return a.challenge(ctx, c, err)
}

func (a *API) login(ctx context.Context, in *loginInput) (*challengeOutput, error) {
	c, err := a.Identity.Login(ctx, identity.LoginInput{Mobile: in.Body.Mobile, Device: device(in.Body.Device)})
	return a.challenge(ctx, c, err)
}

func (a *API) challenge(ctx context.Context, c identity.Challenge, err error) (*challengeOutput, error) {
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return &challengeOutput{Body: api.Challenge{Challenge: c.ID, ExpiresAt: c.ExpiresAt, ResendAfterSeconds: int(c.ResendAfter.Seconds())}}, nil
}

func (a *API) verify(ctx context.Context, in *verifyInput) (*sessionOutput, error) {
	s, err := a.Identity.Verify(ctx, identity.VerifyInput{Challenge: in.Body.Challenge, OTP: in.Body.OTP, Device: device(in.Body.Device)})
	return a.session(ctx, s, err)
}

func (a *API) resend(ctx context.Context, in *resendInput) (*challengeOutput, error) {
	c, err := a.Identity.Resend(ctx, in.Body.Challenge, device(in.Body.Device))
	return a.challenge(ctx, c, err)
}

func (a *API) recover(ctx context.Context, in *recoverInput) (*sessionOutput, error) {
	s, err := a.Identity.Recover(ctx, identity.RecoveryInput{Mobile: in.Body.Mobile, Code: in.Body.Code, Device: device(in.Body.Device)})
	return a.session(ctx, s, err)
}

func (a *API) acceptInvitation(ctx context.Context, in *inviteInput) (*enrolmentOutput, error) {
	e, err := a.Identity.AcceptInvite(ctx, in.Body.Token, in.Body.Password)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return &enrolmentOutput{Body: api.Enrolment{Name: string(e.Officer), TOTPSecret: e.Secret.Reveal(), TOTPURL: e.URL.Reveal()}}, nil
}

func (a *API) loginOfficer(ctx context.Context, in *officerInput) (*sessionOutput, error) {
	s, err := a.Identity.LoginOfficer(ctx, identity.OfficerLogin{Name: in.Body.Name, Password: in.Body.Password, TOTP: in.Body.TOTP, Device: device(in.Body.Device)})
	return a.session(ctx, s, err)
}

func (a *API) refresh(ctx context.Context, in *refreshInput) (*sessionOutput, error) {
	s, err := a.Identity.Refresh(ctx, in.Body.Refresh, device(in.Body.Device))
	return a.session(ctx, s, err)
}

func (a *API) session(ctx context.Context, s identity.Session, err error) (*sessionOutput, error) {
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return &sessionOutput{Body: api.Session{
		Access: s.Access.Reveal(), AccessExpiresAt: s.AccessExpiresAt, Refresh: s.Refresh.Reveal(), RefreshExpiresAt: s.RefreshExpiresAt,
		RecoveryCode: s.RecoveryCode.Reveal(), Profile: a.profile(ctx, s.Principal, s.Profile),
	}}, nil
}

func (a *API) profile(ctx context.Context, p identity.Principal, who identity.Profile) api.Profile {
	out := api.Profile{Subject: p.Subject(), Kind: string(p.Actor.Kind), Name: who.Name, Language: who.Language, Feeds: []string{}}
	for _, id := range (feed.Viewer{Actor: p.Actor}).Feeds() {
		out.Feeds = append(out.Feeds, string(id))
	}
	if p.Actor.Kind == portal.OfficerActor {
		o := who.Officer
		out.Name, out.Office, out.Post, out.Title = o.Name, string(o.Office), string(o.Post), text(o.Title)
		return out
	}
	out.District = string(who.District)
	if a.Now().Before(p.OldCasesFrom) {
		out.OldCasesFrom = p.OldCasesFrom
	}
	return out
}

func (a *API) logout(ctx context.Context, _ *none) (*none, error) {
	return a.done(ctx, a.Identity.Logout(ctx, viewer(ctx)))
}

// done answers 204, or the problem.
func (a *API) done(ctx context.Context, err error) (*none, error) {
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return nil, nil
}

func (a *API) me(ctx context.Context, _ *none) (*profileOutput, error) {
	who, err := a.Identity.Profile(ctx, viewer(ctx))
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return &profileOutput{Body: a.profile(ctx, viewer(ctx), who)}, nil
}

func (a *API) devices(ctx context.Context, _ *none) (*devicesOutput, error) {
	list, err := a.Identity.Devices(ctx, viewer(ctx))
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	out := &devicesOutput{Body: []api.Device{}}
	for _, d := range list {
		out.Body = append(out.Body, api.Device{ID: d.ID, Name: d.Name, Current: d.Current, Approved: d.Approved, AddedAt: d.AddedAt, SeenAt: d.SeenAt})
	}
	return out, nil
}

func (a *API) approve(ctx context.Context, in *deviceInput) (*none, error) {
	return a.done(ctx, a.Identity.Approve(ctx, viewer(ctx), in.ID))
}

func (a *API) removeDevice(ctx context.Context, in *deviceInput) (*none, error) {
	return a.done(ctx, a.Identity.RevokeDevice(ctx, viewer(ctx), in.ID))
}

func (a *API) stepUp(ctx context.Context, in *stepUpInput) (*none, error) {
	if viewer(ctx).Actor.Kind == portal.CitizenActor {
		return a.done(ctx, a.Identity.StepUpByPIN(ctx, viewer(ctx), in.Body.PIN))
	}
	return a.done(ctx, a.Identity.StepUp(ctx, viewer(ctx), in.Body.TOTP))
}

func (a *API) setPIN(ctx context.Context, in *pinInput) (*none, error) {
	return a.done(ctx, a.Identity.SetPIN(ctx, viewer(ctx), in.Body.PIN))
}

func (a *API) approveByPIN(ctx context.Context, in *pinInput) (*none, error) {
	return a.done(ctx, a.Identity.ApproveByPIN(ctx, viewer(ctx), in.Body.PIN))
}
