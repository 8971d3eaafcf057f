package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// What protects complainants and shows them what is known: opening an identity,
// the access log, the export, filing without a name or for somebody else, and
// accounts opened at the desk.

func trustCommands() []command {
	return []command{
		{name: "access-log", summary: "which officers opened your complaints, or who you are", group: groupAccount, setup: simple((*app).accessLog)},
		{name: "account export", args: "FILE [--pin PIN]", summary: "all that is kept about you, as JSON", group: groupAccount, min: 1, max: 1, setup: exportAccount},
		{name: "reveal", args: "ID|CODE --reason R [--totp CODE]", summary: "who filed it; they are told who asked and why", group: groupDesk, min: 1, max: 1, setup: reveal},
		{name: "desk register", args: "--cnic N --mobile N --name NAME --district D [--totp CODE]", summary: "open an account for a citizen at the counter; prints a one-time setup code", group: groupDesk, setup: deskRegister},
	}
}

type accessJSON struct {
	Case   string `json:"id"`
	Code   string `json:"code"`
	At     *stamp `json:"at"`
	What   string `json:"what"`
	Office string `json:"office"`
	Post   string `json:"post"`
	Person string `json:"person,omitempty"`
}

func (a *app) accessLog(ctx context.Context, _ []string) error {
	log, err := a.client.Accounts.AccessLog(ctx)
	if err != nil {
		return err
	}
	out := mapAll(log, func(e api.Access) accessJSON {
		return accessJSON{e.Case, e.Code, optional(e.At), e.What, e.By, e.Title.In("en"), e.Person}
	})
	return a.print(out, func(w io.Writer) {
		line(w, "WHEN\tCODE\tWHAT\tBY\tNAME")
		for _, e := range log {
			line(w, "%s\t%s\t%s\t%s, %s\t%s", when(e.At), e.Code, e.What, e.Title.In("en"), e.By, e.Person)
		}
	})
}

// stepUp proves once more who is signed in, when a code was given.
func (a *app) stepUp(ctx context.Context, r api.StepUpRequest) error {
	if r == (api.StepUpRequest{}) {
		return nil
	}
	return a.client.Accounts.StepUp(ctx, r)
}

// askedAgain says how to prove it, when that is what was missing.
func askedAgain(err error, how string) error {
	var p *api.Problem
	if !errors.Is(err, sdk.ErrStepUp) || !errors.As(err, &p) {
		return err
	}
	more := *p
	more.Detail = how
	return &sdk.Error{Kind: sdk.ErrStepUp, Problem: &more}
}

// provedByPIN is how citizens prove once more who they are.
const provedByPIN = "add --pin PIN, or sign in again first"

func pinFlag(f *flag.FlagSet) *string {
	return f.String("pin", "", "your `PIN`, when you signed in more than 15 minutes ago")
}

func exportAccount(a *app, f *flag.FlagSet) action {
	pin := pinFlag(f)
	return func(ctx context.Context, args []string) error {
		if err := a.stepUp(ctx, api.StepUpRequest{PIN: *pin}); err != nil {
			return err
		}
		all, err := a.client.Accounts.Export(ctx)
		if err != nil {
			return askedAgain(err, provedByPIN)
		}
		raw, err := json.MarshalIndent(all, "", "  ")
		if err != nil {
			return err
		}
		if err := writePrivate(args[0], append(raw, '\n')); err != nil {
			return usage("%v", err)
		}
		return a.print(map[string]any{"file": args[0], "complaints": len(all.Server.Complaints)}, func(w io.Writer) {
			line(w, "All that is kept about you is in %s; keep it safe.", args[0])
		})
	}
}

// writePrivate makes a new file that only its owner may read.
func writePrivate(path string, content []byte) error {
	f, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

func reveal(a *app, f *flag.FlagSet) action {
	reason := f.String("reason", "", "why; the citizen reads it")
	totp := f.String("totp", "", "a fresh `code`, when you signed in more than 15 minutes ago")
	return func(ctx context.Context, args []string) error {
		if err := a.stepUp(ctx, api.StepUpRequest{TOTP: *totp}); err != nil {
			return err
		}
		who, err := a.client.Desk.Reveal(ctx, args[0], *reason)
		if err != nil {
			return askedAgain(err, "add --totp CODE")
		}
		return a.print(who, func(w io.Writer) {
			row(w, "name", who.Name)
			row(w, "mobile", who.Mobile)
			row(w, "CNIC", who.CNIC)
			row(w, "district", who.District)
			row(w, "place", who.Place)
			line(w, "The citizen has been told that you asked, and why.")
		})
	}
}

func deskRegister(a *app, f *flag.FlagSet) action {
	var r sdk.Registration
	f.StringVar(&r.CNIC, "cnic", "", "the `number` on their card")
	f.StringVar(&r.Mobile, "mobile", "", "their mobile `number`")
	f.StringVar(&r.Name, "name", "", "their `name`")
	f.StringVar(&r.District, "district", "", "their district")
	f.StringVar(&r.Language, "language", "", "en, ur or ps")
	totp := f.String("totp", "", "a fresh `code`, when you signed in more than 15 minutes ago")
	return func(ctx context.Context, _ []string) error {
		if err := a.stepUp(ctx, api.StepUpRequest{TOTP: *totp}); err != nil {
			return err
		}
		made, err := a.client.Desk.Register(ctx, r)
		if err != nil {
			return askedAgain(err, "add --totp CODE")
		}
		return a.print(made, func(w io.Writer) {
			row(w, "mobile", made.Mobile)
			row(w, "setup code", made.SetupCode)
			row(w, "good until", when(made.ExpiresAt))
			line(w, "Print it for the citizen and keep no copy. They sign in with: portalctl login --mobile NUMBER --recovery CODE")
		})
	}
}

// protectsNot is said before and after filing without a name.
const protectsNot = "Not hidden: your network address and the time, your way of writing, and this device until you forget it here. Lose the receipt and nobody can bring it back."

type anonymousJSON struct {
	complaintJSON
	Receipt string       `json:"receipt"`
	Waiting int          `json:"waiting"`
	Problem *api.Problem `json:"problem,omitempty"`
	Events  []eventJSON  `json:"events"`
}

func (a *app) printAnonymous(c sdk.AnonymousComplaint) error {
	shown := sdk.Complaint{Complaint: c.Complaint, Track: c.Track}
	out := anonymousJSON{complaintOut(shown), c.Receipt, c.Waiting, c.Problem, mapAll(c.Events, eventOut)}
	return a.print(out, func(w io.Writer) {
		describe(w, shown)
		row(w, "receipt, write it on paper", c.Receipt)
		for _, e := range c.Events {
			line(w, "%s\t%s\t%s\t%s", when(e.At), e.Action, e.ByName.In("en"), firstLine(e.Text))
		}
		line(w, "%s", protectsNot)
	})
}

func (a *app) lodgeAnonymous(ctx context.Context, d sdk.Draft) error {
	c, err := a.client.Anonymous.Lodge(ctx, d)
	if err != nil {
		return err
	}
	if a.wait > 0 && !a.offline {
		wctx, cancel := context.WithTimeout(ctx, a.wait)
		err = a.client.Anonymous.Send(wctx)
		cancel()
		if err != nil && !errors.Is(err, sdk.ErrOffline) {
			return err
		}
	}
	list, err := a.client.Anonymous.List(context.WithoutCancel(ctx))
	for _, other := range list {
		if other.Receipt == c.Receipt {
			c = other
		}
	}
	if err = errors.Join(err, a.printAnonymous(c)); err != nil {
		return err
	}
	switch {
	case c.Problem != nil:
		return refusal(&sdk.Error{Kind: sdk.ErrConflict, Problem: c.Problem})
	case c.Waiting > 0:
		return &exitError{exitSaved}
	}
	return nil
}

// syncAnonymous sends what was filed here without a name. done tells that there
// is no account here whose sync would follow.
func (a *app) syncAnonymous(ctx context.Context) (done bool, err error) {
	list, err := a.client.Anonymous.List(ctx)
	if err != nil || len(list) == 0 {
		return false, err
	}
	if err := a.client.Anonymous.Send(ctx); err != nil && !errors.Is(err, sdk.ErrOffline) {
		return false, err
	}
	if _, err := a.client.Accounts.Profile(); !errors.Is(err, sdk.ErrSignedOut) {
		return false, err
	}
	if err := a.listAnonymous(ctx); err != nil {
		return true, err
	}
	if list, err = a.client.Anonymous.List(ctx); err != nil {
		return true, err
	}
	for _, c := range list {
		if c.Waiting > 0 {
			return true, &exitError{exitSaved}
		}
	}
	return true, nil
}

// opened tells the citizen's access log that an officer looked; what cannot be
// sent now goes with the next sync.
func (a *app) opened(ctx context.Context, c sdk.Complaint) error {
	op, err := a.client.Desk.Opened(ctx, c.ID)
	if err != nil || op == "" || a.offline {
		return err
	}
	wctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	_, _ = a.client.Sync.Deliver(wctx, op)
	return nil
}

// openPatience bounds how long showing a complaint may wait for the network.
const openPatience = 3 * time.Second

func track(a *app, f *flag.FlagSet) action {
	receipt := f.String("receipt", "", "the receipt on paper")
	forget := f.Bool("forget", false, "remove it from this device; the paper still opens it")
	acts := map[string]*string{}
	for _, name := range []string{"message", "answer", "reject", "reopen", "appeal"} {
		acts[name] = f.String(name, "", name+" with a `text`")
	}
	confirm := f.Bool("confirm", false, "say that it is solved")
	withdraw := f.Bool("withdraw", false, "take it back")
	return func(ctx context.Context, args []string) error {
		if len(args) == 0 && *receipt == "" {
			return a.listAnonymous(ctx)
		}
		if *receipt == "" || len(args) == 0 {
			return usage("track CODE --receipt R; without both, those filed on this device are listed")
		}
		if *forget {
			if err := a.client.Anonymous.Forget(ctx, *receipt); err != nil {
				return err
			}
			return a.print(map[string]bool{"forgotten": true}, func(w io.Writer) { line(w, "Removed from this device.") })
		}
		var wanted []api.ActBody
		for name, text := range acts {
			if *text != "" {
				wanted = append(wanted, api.ActBody{Action: name, Text: *text})
			}
		}
		for name, set := range map[string]bool{"confirm": *confirm, "withdraw": *withdraw} {
			if set {
				wanted = append(wanted, api.ActBody{Action: name})
			}
		}
		if len(wanted) > 1 {
			return usage("one thing at a time")
		}
		do := a.client.Anonymous.Track
		if len(wanted) == 1 {
			do = func(ctx context.Context, code, receipt string) (sdk.AnonymousComplaint, error) {
				return a.client.Anonymous.Act(ctx, code, receipt, wanted[0])
			}
		}
		c, err := do(ctx, args[0], *receipt)
		if err != nil {
			return err
		}
		if err := a.printAnonymous(c); err != nil {
			return err
		}
		switch {
		case c.Problem != nil:
			return refusal(&sdk.Error{Kind: sdk.ErrConflict, Problem: c.Problem})
		case c.Waiting > 0:
			return &exitError{exitSaved}
		}
		return nil
	}
}

func (a *app) listAnonymous(ctx context.Context) error {
	list, err := a.client.Anonymous.List(ctx)
	if err != nil {
		return err
	}
	out := mapAll(list, func(c sdk.AnonymousComplaint) anonymousJSON {
		return anonymousJSON{complaintOut(sdk.Complaint{Complaint: c.Complaint, Track: c.Track}), c.Receipt, c.Waiting, c.Problem, mapAll(c.Events, eventOut)}
	})
	return a.print(out, func(w io.Writer) {
		line(w, "CODE\tSTATUS\tRECEIPT\tTEXT")
		for _, c := range list {
			line(w, "%s\t%s\t%s\t%s", c.Code, c.Status, c.Receipt, firstLine(c.Text))
		}
	})
}

// help is who a complaint is filed for.
type help struct {
	mobile, otp, name, cnic string
}

func helpFlags(f *flag.FlagSet) *help {
	var h help
	f.StringVar(&h.mobile, "for", "", "file it for somebody else: their `mobile` number, which gets the code")
	f.StringVar(&h.otp, "otp", "", "with --for: the `code` their phone got")
	f.StringVar(&h.name, "name", "", "with --for: their name, when they have no account yet")
	f.StringVar(&h.cnic, "cnic", "", "with --for: the number on their card, when they have no account yet")
	return &h
}

// lodgeFor files for somebody else in two steps: the code, then the complaint.
func (a *app) lodgeFor(ctx context.Context, h help, d sdk.Draft) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if h.otp == "" {
		var r *sdk.Registration
		if h.name != "" || h.cnic != "" {
			r = &sdk.Registration{CNIC: h.cnic, Mobile: h.mobile, Name: h.name, District: d.District, Language: d.Language}
		}
		ch, err := a.client.Helper.Begin(ctx, h.mobile, r)
		if err != nil {
			return err
		}
		return a.print(challengeJSON{optional(ch.ExpiresAt), ch.ResendAfterSeconds}, func(w io.Writer) {
			line(w, "Their phone gets a code. Ask them for it and add --otp CODE to the same command.")
		})
	}
	done, err := a.client.Helper.Lodge(ctx, h.otp, d)
	if err != nil {
		return fmt.Errorf("for %s: %w", "the other person", err)
	}
	return a.print(done, func(w io.Writer) {
		row(w, "code", done.Code)
		row(w, "tracking page", done.Track)
		row(w, "their recovery code", done.RecoveryCode)
		line(w, "Give them this. They are signed out here.")
	})
}
