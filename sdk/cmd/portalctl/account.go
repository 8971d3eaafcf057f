package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"time"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

func accountCommands() []command {
	return []command{
		{name: "register", args: "--cnic N --mobile N --name NAME --district D", summary: "open an account; an SMS with a code follows", group: groupAccount, setup: register},
		{name: "verify", args: "--otp CODE | ID|CODE", summary: "sign in with the code of the SMS; or check a complaint against the portal's public log (0 verified, 3 not in the log yet, 4 not verified)", group: groupAccount, max: 1, setup: verifyEither},
		{name: "resend", summary: "ask for the SMS once more", group: groupAccount, setup: simple((*app).resend)},
		{name: "login", args: "--mobile N [--recovery CODE] | --pin PIN | --name NAME --password P --totp T", summary: "sign in: citizens by SMS or recovery code, officers by password and TOTP; --pin approves this device", group: groupAccount, setup: login},
		{name: "enrol", args: "--token T --password P", summary: "accept an officer's invitation", group: groupAccount, setup: enrol},
		{name: "logout", args: "[--send | --keep | --discard]", summary: "sign out and destroy what is stored here", group: groupAccount, setup: logout},
		{name: "account", summary: "who is signed in", group: groupAccount, setup: simple((*app).account)},
		{name: "account pin", args: "PIN", summary: "set the PIN that approves a new device", group: groupAccount, min: 1, max: 1, setup: simple((*app).setPIN)},
		{name: "account delete", args: "--yes [--pin PIN]", summary: "close the account for good", group: groupAccount, setup: deleteAccount},
		{name: "devices", summary: "the account's devices", group: groupAccount, setup: simple((*app).devices)},
		{name: "devices approve", args: "ID", summary: "let another device see older complaints", group: groupAccount, min: 1, max: 1, setup: simple((*app).approve)},
	}
}

type challengeJSON struct {
	ExpiresAt *stamp `json:"expires_at,omitempty"`
	Resend    int    `json:"resend_after_seconds"`
}

func (a *app) printChallenge(ch api.Challenge) error {
	return a.print(challengeJSON{optional(ch.ExpiresAt), ch.ResendAfterSeconds}, func(w io.Writer) {
		line(w, "An SMS with a six-digit code is on its way. Then: portalctl verify --otp CODE")
		row(w, "good until", when(ch.ExpiresAt))
	})
}

func register(a *app, f *flag.FlagSet) action {
	var r sdk.Registration
	f.StringVar(&r.CNIC, "cnic", "", "national identity card `number`, 13 digits")
	f.StringVar(&r.Mobile, "mobile", "", "mobile `number`")
	f.StringVar(&r.Name, "name", "", "your `name`")
	f.StringVar(&r.District, "district", "", "your district, see portalctl areas")
	f.StringVar(&r.Language, "language", "", "en, ur or ps")
	return func(ctx context.Context, _ []string) error {
		ch, err := a.client.Accounts.Register(ctx, r)
		if err != nil {
			return err
		}
		return a.printChallenge(ch)
	}
}

type sessionJSON struct {
	api.Profile
	SignedIn     bool   `json:"signed_in"`
	RecoveryCode string `json:"recovery_code,omitempty"`
}

func (a *app) printSession(p api.Profile, signedIn bool, recovery string) error {
	return a.print(sessionJSON{p, signedIn, recovery}, func(w io.Writer) {
		if !signedIn {
			line(w, "The session has ended; sign in again. Nothing is lost.")
		}
		line(w, "%s\t%s", p.Kind, p.Name)
		row(w, "district", p.District)
		row(w, "office", p.Office)
		row(w, "title", p.Title.In("en"))
		if !p.OldCasesFrom.IsZero() {
			row(w, "older complaints from", when(p.OldCasesFrom))
		}
		if recovery != "" {
			line(w, "")
			line(w, "Recovery code, shown this once; write it on paper: %s", recovery)
		}
	})
}

func verifyEither(a *app, f *flag.FlagSet) action {
	otp := f.String("otp", "", "the `code` in the SMS")
	return func(ctx context.Context, args []string) error {
		switch {
		case len(args) == 1 && *otp == "":
			return a.verifyComplaint(ctx, args[0])
		case len(args) == 1:
			return usage("verify takes --otp or a complaint, not both")
		case *otp == "":
			return usage("verify --otp CODE to sign in, or verify ID|CODE to check a complaint against the public log")
		}
		s, err := a.client.Accounts.Verify(ctx, *otp)
		if err != nil {
			return err
		}
		return a.printSession(s.Profile, true, s.RecoveryCode)
	}
}

func login(a *app, f *flag.FlagSet) action {
	mobile := f.String("mobile", "", "a citizen's mobile `number`")
	name := f.String("name", "", "an officer's `name`")
	password := f.String("password", "", "an officer's password")
	totp := f.String("totp", "", "an officer's one-time `code`")
	recovery := f.String("recovery", "", "a citizen's recovery `code` on paper, instead of an SMS")
	pin := f.String("pin", "", "after signing in: a citizen's PIN, so that this device shows older complaints")
	return func(ctx context.Context, _ []string) error {
		switch {
		case *pin != "" && *mobile == "" && *name == "":
			return a.approveByPIN(ctx, *pin)
		case (*mobile == "") == (*name == "") || *pin != "":
			return usage("citizens: login --mobile NUMBER, and login --pin PIN later; officers: login --name NAME --password P --totp T")
		case *name != "":
			s, err := a.client.Accounts.LoginOfficer(ctx, *name, *password, *totp)
			if err != nil {
				return err
			}
			return a.printSession(s.Profile, true, "")
		case *recovery != "":
			s, err := a.client.Accounts.Recover(ctx, *mobile, *recovery)
			if err != nil {
				return err
			}
			return a.printSession(s.Profile, true, s.RecoveryCode)
		}
		ch, err := a.client.Accounts.Login(ctx, *mobile)
		if err != nil {
			return err
		}
		return a.printChallenge(ch)
	}
}

func (a *app) resend(ctx context.Context, _ []string) error {
	ch, err := a.client.Accounts.Resend(ctx)
	if err != nil {
		return err
	}
	return a.printChallenge(ch)
}

func (a *app) approveByPIN(ctx context.Context, pin string) error {
	if err := a.client.Accounts.ApproveByPIN(ctx, pin); err != nil {
		return err
	}
	return a.print(map[string]bool{"approved": true}, func(w io.Writer) { line(w, "Approved; the next sync brings older complaints.") })
}

func (a *app) setPIN(ctx context.Context, args []string) error {
	if err := a.client.Accounts.SetPIN(ctx, args[0]); err != nil {
		return err
	}
	return a.print(map[string]bool{"pin_set": true}, func(w io.Writer) { line(w, "The PIN is set.") })
}

func enrol(a *app, f *flag.FlagSet) action {
	token := f.String("token", "", "the one-time invitation")
	password := f.String("password", "", "the new password")
	return func(ctx context.Context, _ []string) error {
		e, err := a.client.Accounts.AcceptInvitation(ctx, *token, *password)
		if err != nil {
			return err
		}
		return a.print(e, func(w io.Writer) {
			line(w, "Put this into an authenticator app; it is shown this once:")
			row(w, "secret", e.TOTPSecret)
			row(w, "address", e.TOTPURL)
		})
	}
}

func logout(a *app, f *flag.FlagSet) action {
	send := f.Bool("send", false, "send unsent work first")
	keep := f.Bool("keep", false, "keep everything here, sealed, for the next sign-in")
	discard := f.Bool("discard", false, "destroy unsent work too")
	return func(ctx context.Context, _ []string) error {
		how, chosen := sdk.AskFirst, 0
		for l, set := range map[sdk.Leaving]bool{sdk.SendFirst: *send, sdk.KeepSealed: *keep, sdk.DiscardAll: *discard} {
			if set {
				how = l
				chosen++
			}
		}
		if chosen > 1 {
			return usage("choose one of --send, --keep and --discard")
		}
		err := a.client.Accounts.Logout(ctx, how)
		var unsent *sdk.UnsentError
		if errors.As(err, &unsent) {
			return &usageError{unsent.Error() + "; choose --send, --keep or --discard"}
		}
		if err != nil {
			return err
		}
		return a.print(map[string]bool{"signed_in": false}, func(w io.Writer) { line(w, "Signed out.") })
	}
}

func (a *app) account(_ context.Context, _ []string) error {
	p, err := a.client.Accounts.Profile()
	if err != nil {
		return err
	}
	return a.printSession(p, a.client.Accounts.SignedIn(), "")
}

func deleteAccount(a *app, f *flag.FlagSet) action {
	yes := f.Bool("yes", false, "yes, close the account and destroy what is stored here")
	pin := pinFlag(f)
	return func(ctx context.Context, _ []string) error {
		if !*yes {
			return usage("this cannot be undone: add --yes")
		}
		if err := a.stepUp(ctx, api.StepUpRequest{PIN: *pin}); err != nil {
			return err
		}
		if err := a.client.Accounts.Delete(ctx); err != nil {
			return askedAgain(err, provedByPIN)
		}
		return a.print(map[string]bool{"deleted": true}, func(w io.Writer) { line(w, "The account is closed.") })
	}
}

type deviceJSON struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Current  bool   `json:"current"`
	Approved bool   `json:"approved"`
	AddedAt  *stamp `json:"added_at,omitempty"`
	SeenAt   *stamp `json:"seen_at,omitempty"`
}

func (a *app) devices(ctx context.Context, _ []string) error {
	ds, err := a.client.Accounts.Devices(ctx)
	if err != nil {
		return err
	}
	out := mapAll(ds, func(d api.Device) deviceJSON {
		return deviceJSON{d.ID, d.Name, d.Current, d.Approved, optional(d.AddedAt), optional(d.SeenAt)}
	})
	return a.print(out, func(w io.Writer) {
		line(w, "ID\tNAME\tAPPROVED\tADDED\tSEEN")
		for _, d := range ds {
			name := d.Name
			if d.Current {
				name += " (this one)"
			}
			line(w, "%s\t%s\t%v\t%s\t%s", d.ID, name, d.Approved, when(d.AddedAt), when(d.SeenAt))
		}
	})
}

func (a *app) approve(ctx context.Context, args []string) error {
	if err := a.client.Accounts.Approve(ctx, args[0]); err != nil {
		return err
	}
	return a.print(map[string]string{"approved": args[0]}, func(w io.Writer) { line(w, "Approved.") })
}

// syncPatience bounds a sync that a person waits for.
const syncPatience = 2 * time.Minute
