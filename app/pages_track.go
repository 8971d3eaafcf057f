package app

import (
	"context"
	"net/url"
	"strings"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// trackReceipt as a route's part opens a complaint at its receipt.
const trackReceipt = "receipt"

// tracking follows complaints that were filed without a name. A receipt never stands in
// a route, which is written to the disk in plain; what is open lives in this page alone.
type tracking struct {
	a     *App
	guide model.Guide
	id    string // of the one that is open; "" shows the form
	// elsewhere is one that this device did not file; nothing of it is kept.
	elsewhere *sdk.AnonymousComplaint

	code, receipt string // being typed
	form          screen.Form
	paper         bool   // the receipt is shown
	writing       string // what is being written, as in a route's part
	write         screen.WriteState
}

// tracked is what the page reads.
type tracked struct {
	List  []sdk.AnonymousComplaint
	Guide model.Guide
}

func (a *App) trackPage(r nav.Route) page {
	t := &tracking{a: a, id: r.ID, paper: r.Part == trackReceipt}
	return reads(func(src source) func(context.Context) (tracked, error) {
		return func(ctx context.Context) (out tracked, err error) {
			out.Guide = src.guide(ctx)
			out.List, err = src.client.Anonymous.List(ctx)
			return out, err
		}
	}, t.draw)
}

func (t *tracking) draw(s tracked) screen.Frame {
	t.guide = s.Guide
	c, here := t.open(s.List)
	w := t.a.source().words
	switch {
	case c == nil:
		return screen.Track(t.a.env, screen.TrackState{Here: model.NamelessRows(w, t.guide, s.List), Code: t.code, Receipt: t.receipt, Form: t.form}, screen.TrackActs{
			Open: func(id string) { t.show(s.List, id) },
			Code: func(v string) { t.code = v }, Receipt: func(v string) { t.receipt = v },
			Submit: t.submit, Report: func() { t.a.open(nav.Route{Name: nav.Nameless}) }, Back: t.a.back,
		})
	case t.paper:
		n := model.NamelessOf(w, *c, here)
		return screen.Receipt(t.a.env, n, screen.ReceiptActs{
			Close: t.leave, Show: func() { t.paper = false; t.a.redraw() },
			Save:   func() { t.a.save("receipt.txt", []byte(n.File(t.a.source().words)), t.a.env.T("receipt.saved")) },
			Share:  func() { t.a.shareReceipt(n) },
			Forget: func() { t.forget(*c) },
		})
	case t.writing != "":
		t.a.wording(&t.write, t.writing)
		t.write.Talk = nil
		if t.writing == writeMessage || t.writing == writeAnswer {
			t.write.Talk = model.Talk(w, model.AsCase(*c), c.Events)
		}
		return screen.Write(t.a.env, t.write, screen.WriteActs{
			Text: func(v string) { t.write.Text = v }, Send: func() { t.sendWords(*c) }, Back: func() { t.writing = ""; t.a.redraw() },
		})
	}
	return t.complaint(w, *c)
}

// show opens one that was filed here; what was not sent yet is its receipt and no more.
func (t *tracking) show(list []sdk.AnonymousComplaint, id string) {
	t.id = id
	if c, _ := t.open(list); c != nil {
		t.paper = c.Code == ""
	}
	t.a.redraw()
}

// open gives the complaint that is open, and whether this device filed it.
func (t *tracking) open(list []sdk.AnonymousComplaint) (c *sdk.AnonymousComplaint, here bool) {
	for i := range list {
		if t.id != "" && list[i].ID == t.id {
			return &list[i], true
		}
	}
	if t.elsewhere != nil && t.elsewhere.ID == t.id {
		return t.elsewhere, false
	}
	return nil, false
}

// complaint is the page of one, as every complaint has.
func (t *tracking) complaint(w model.Words, c sdk.AnonymousComplaint) screen.Frame {
	s := model.CaseOf(w, t.guide, model.AsCase(c), c.Events, nil)
	s.Code, s.CanRate, s.CanWithdraw = c.Code, false, s.CanWithdraw && c.Code != ""
	if c.Waiting > 0 && c.Code != "" {
		s.OnWay = append(s.OnWay, w.T("write.saved"))
	}
	if c.Problem != nil {
		s.Refused = append(s.Refused, model.NamelessOf(w, c, true).Problem)
	}
	write := func(what string) func() {
		return func() { t.writing, t.write = what, screen.WriteState{}; t.a.redraw() }
	}
	receipt := func() { t.paper = true; t.a.redraw() }
	return screen.Case(t.a.env, s, screen.CaseActs{
		Back: t.leave, Receipt: receipt, Sync: receipt, Menu: func() { t.menu(s, c, write) },
		Write: write(writeMessage), Talk: write(writeMessage), Reopen: write(writeReopen), Appeal: write(writeAppeal),
		Yes: func(string) { t.act(c, api.ActBody{Action: "confirm"}, nil) }, No: func(string) { write(writeReject)() }, Answer: func(string) { write(writeAnswer)() },
	})
}

func (t *tracking) menu(s model.Case, c sdk.AnonymousComplaint, write func(string) func()) {
	env := t.a.env
	choices := []choice{{word: env.T("action.close")}}
	if s.CanAppeal {
		choices = append(choices, choice{env.T("case.appeal"), assets.IconStepsUp, write(writeAppeal)})
	}
	if s.CanWithdraw {
		choices = append(choices, choice{env.T("case.withdraw"), assets.IconBack, func() {
			t.a.question(env.T("withdraw.title"), env.T("withdraw.body"), choice{word: env.T("withdraw.keep")},
				choice{env.T("case.withdraw"), assets.IconBack, func() { t.act(c, api.ActBody{Action: "withdraw"}, nil) }})
		}})
	}
	t.a.question(env.T("case.menu"), "", choices...)
}

// leave goes back to the form, or out when the page was opened for this one.
func (t *tracking) leave() {
	if t.elsewhere == nil && t.a.stack.Top().ID != "" {
		t.a.back()
		return
	}
	t.id, t.elsewhere, t.paper = "", nil, false
	t.a.redraw()
}

// submit looks for a complaint by code and receipt.
func (t *tracking) submit() {
	if t.form.Busy {
		return
	}
	t.form = screen.Form{Busy: true}
	t.a.redraw()
	code, receipt := t.code, t.receipt
	var found sdk.AnonymousComplaint
	t.a.act(func(ctx context.Context) (err error) {
		found, err = t.a.client.Anonymous.Track(ctx, code, receipt)
		return err
	}, func(err error) {
		t.form = t.a.failed(err)
		if isGone(err) || isSignedOut(err) { // no such receipt, or not this code
			t.form = screen.Form{Error: t.a.env.T("track.none")}
		}
		if err == nil {
			t.id, t.elsewhere, t.code, t.receipt = found.ID, &found, "", ""
		}
		t.a.redraw()
	})
}

// act does something about one, by its receipt. On the device that filed it, it is
// saved first and goes by itself.
func (t *tracking) act(c sdk.AnonymousComplaint, act api.ActBody, then func(error)) {
	var after sdk.AnonymousComplaint
	t.a.act(func(ctx context.Context) (err error) {
		after, err = t.a.client.Anonymous.Act(ctx, c.Code, c.Receipt, act)
		return err
	}, func(err error) {
		if t.elsewhere != nil && after.ID == t.id && err == nil {
			t.elsewhere = &after
		}
		switch {
		case then != nil:
			then(err)
		case err != nil:
			t.a.say(err)
		}
		t.a.redraw()
		t.a.reload()
	})
}

func (t *tracking) sendWords(c sdk.AnonymousComplaint) {
	if t.write.Busy {
		return
	}
	if strings.TrimSpace(t.write.Text) == "" {
		t.write.Wrong = t.a.env.T("error.text")
		t.a.redraw()
		return
	}
	t.write.Busy, t.write.Wrong = true, ""
	t.a.redraw()
	t.act(c, api.ActBody{Action: t.writing, Text: strings.TrimSpace(t.write.Text)}, func(err error) {
		t.write.Busy = false
		if err != nil {
			t.write.Wrong = model.Say(t.a.source().words, err)
			return
		}
		t.writing = ""
		t.a.toast(t.a.env.T("write.saved"), nil, nil)
	})
}

// forget takes a complaint and its receipt off this device.
func (t *tracking) forget(c sdk.AnonymousComplaint) {
	env, text := t.a.env, t.a.env.T("track.forget_body")
	if c.Code == "" {
		text = env.T("track.forget_unsent")
	}
	t.a.question(env.T("track.forget_sure"), text, choice{word: env.T("track.keep")},
		choice{env.T("track.forget"), assets.IconTrash, func() {
			t.a.act(func(ctx context.Context) error { return t.a.client.Anonymous.Forget(ctx, c.Receipt) }, func(err error) {
				if err != nil {
					t.a.say(err)
					return
				}
				t.id, t.elsewhere, t.paper = "", nil, false
				t.a.reload()
				t.a.redraw()
				t.a.toast(env.T("track.forgotten"), nil, nil)
			})
		}})
}

// shareReceipt offers the link, which lets nobody act, and the receipt to the clipboard.
func (a *App) shareReceipt(n model.Nameless) {
	choices := []choice{{word: a.env.T("action.close")}, {a.env.T("receipt.copy"), assets.IconDocument, func() {
		a.fyne.Clipboard().SetContent(n.File(a.source().words))
		a.toast(a.env.T("share.copied"), nil, nil)
	}}}
	if !n.Saved {
		text := a.env.T("share.text", "code", n.Code, "link", n.Link())
		choices = append(choices, choice{a.env.T("receipt.share_link"), assets.IconMessage, func() {
			if err := a.fyne.OpenURL(&url.URL{Scheme: "sms", RawQuery: "body=" + url.PathEscape(text)}); err != nil {
				a.say(err)
			}
		}})
	}
	a.question(a.env.T("action.share"), a.env.T("receipt.share_body"), choices...)
}
