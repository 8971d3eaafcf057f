package app

import (
	"context"
	"net/url"
	"strings"

	"github.com/skip2/go-qrcode"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

func (a *App) casePage(id string) page {
	photos := a.newGallery()
	return reads(func(src source) func(context.Context) (model.Case, error) {
		return func(ctx context.Context) (model.Case, error) {
			c, err := src.client.Complaints.Show(ctx, id)
			if err != nil {
				return model.Case{}, err
			}
			p := model.CaseOf(src.words, src.guide(ctx), c, src.events(ctx, id), src.files(ctx, id))
			v, err := src.client.Complaints.VerifyKept(ctx, id)
			p.Record = model.RecordOf(src.words, v, err)
			return p, nil
		}
	}, func(s model.Case) screen.Frame {
		write := func(what string) func() { return func() { a.open(nav.Route{Name: nav.Write, ID: id, Part: what}) } }
		return screen.Case(a.env, s, screen.CaseActs{
			Back:    a.back,
			Receipt: func() { a.open(nav.Route{Name: nav.Received, ID: id}) },
			Menu:    func() { a.caseMenu(s) },
			Write:   write(writeMessage), Talk: write(writeMessage), Reopen: write(writeReopen), Appeal: write(writeAppeal),
			Rate: func() { a.open(nav.Route{Name: nav.Rate, ID: id}) },
			Sync: func() { a.open(nav.Route{Name: nav.Sync}) },
			Yes:  a.confirm, No: func(string) { write(writeReject)() }, Answer: func(string) { write(writeAnswer)() },
			Photos: photos.acts(),
		})
	})
}

// caseMenu offers what is seldom wanted.
func (a *App) caseMenu(s model.Case) {
	choices := []choice{{word: a.env.T("action.close")}}
	if s.CanAppeal {
		choices = append(choices, choice{a.env.T("case.appeal"), assets.IconStepsUp, func() { a.open(nav.Route{Name: nav.Write, ID: s.ID, Part: writeAppeal}) }})
	}
	if s.CanWithdraw {
		choices = append(choices, choice{a.env.T("case.withdraw"), assets.IconBack, func() { a.withdraw(s.ID) }})
	}
	a.question(a.env.T("case.menu"), "", choices...)
}

func (a *App) withdraw(id string) {
	a.question(a.env.T("withdraw.title"), a.env.T("withdraw.body"), choice{word: a.env.T("withdraw.keep")},
		choice{a.env.T("case.withdraw"), assets.IconBack, func() {
			a.act(func(ctx context.Context) error {
				_, err := a.client.Complaints.Withdraw(ctx, id)
				return err
			}, func(err error) {
				if err != nil {
					a.say(err)
					return
				}
				a.open(nav.Route{Name: nav.Home})
				a.toast(a.env.T("withdraw.done"), nil, nil)
			})
		}})
}

// What is written about a complaint, as the part of a route.
const (
	writeMessage = "message"
	writeAnswer  = "answer"
	writeReject  = "reject"
	writeReopen  = "reopen"
	writeAppeal  = "appeal"
	writeRetry   = "retry:" // and the operation that came back
)

// talked is what a page for writing reads.
type talked struct {
	Talk     []model.Bubble
	CanWrite bool
}

func (a *App) writePage(id, what string) page {
	s := screen.WriteState{}
	return reads(func(src source) func(context.Context) (talked, error) {
		return func(ctx context.Context) (talked, error) {
			c, err := src.client.Complaints.Show(ctx, id)
			if err != nil || (what != writeMessage && what != writeAnswer) {
				return talked{CanWrite: true}, err
			}
			return talked{model.Talk(src.words, c, src.events(ctx, id)), what == writeAnswer || hasAction(c, "message")}, nil
		}
	}, func(t talked) screen.Frame {
		a.wording(&s, what)
		s.Talk, s.ReadOnly = t.Talk, !t.CanWrite
		return screen.Write(a.env, s, screen.WriteActs{Text: func(v string) { s.Text = v }, Back: a.back, Send: func() { a.sendWords(id, what, &s) }})
	})
}

func hasAction(c sdk.Complaint, action string) bool {
	for _, x := range c.AllowedActions {
		if x == action {
			return true
		}
	}
	return false
}

// wording says what is asked for.
func (a *App) wording(s *screen.WriteState, what string) {
	switch what {
	case writeAnswer:
		s.Bar, s.Question, s.Hint, s.Verb = a.env.T("ask.answer"), a.env.T("ask.question"), "", a.env.T("report.send")
	case writeReject:
		s.Bar, s.Question, s.Hint, s.Verb = a.env.T("confirm.no"), a.env.T("confirm.still_wrong"), a.env.T("reject.hint"), a.env.T("report.send")
	case writeReopen:
		s.Bar, s.Question, s.Hint, s.Verb = a.env.T("case.reopen"), a.env.T("reopen.why"), a.env.T("reopen.hint"), a.env.T("case.reopen")
	case writeAppeal:
		s.Bar, s.Question, s.Hint, s.Verb = a.env.T("case.appeal"), a.env.T("appeal.why"), a.env.T("appeal.hint"), a.env.T("appeal.send")
	default:
		s.Bar, s.Question, s.Hint, s.Verb = a.env.T("case.write"), a.env.T("talk.write"), "", a.env.T("report.send")
	}
}

// sendWords saves what was written; it goes out when there is a network.
func (a *App) sendWords(id, what string, s *screen.WriteState) {
	if s.Busy {
		return
	}
	if strings.TrimSpace(s.Text) == "" {
		s.Wrong = a.env.T("error.text")
		a.redraw()
		return
	}
	s.Busy, s.Wrong = true, ""
	a.redraw()
	text := s.Text
	a.act(func(ctx context.Context) error { return a.submit(ctx, id, what, text) }, func(err error) {
		s.Busy = false
		if err != nil {
			s.Wrong = model.Say(a.source().words, err)
			a.redraw()
			return
		}
		s.Text = ""
		a.back()
		a.toast(a.env.T("write.saved"), nil, nil)
	})
}

func (a *App) submit(ctx context.Context, id, what, text string) (err error) {
	c := a.client.Complaints
	if op, ok := strings.CutPrefix(what, writeRetry); ok {
		_, err = a.client.Sync.Retry(ctx, op, text)
		return err
	}
	switch what {
	case writeAnswer:
		_, err = c.Answer(ctx, id, text)
	case writeReject:
		_, err = c.Reject(ctx, id, text)
	case writeReopen:
		_, err = c.Reopen(ctx, id, text)
	case writeAppeal:
		_, err = c.Appeal(ctx, id, text)
	default:
		_, err = c.Message(ctx, id, text)
	}
	return err
}

func (a *App) ratePage(id string) page {
	s := screen.RateState{}
	leave := func() { a.replace(nav.Route{Name: nav.Case, ID: id}) }
	return still(func() screen.Frame {
		return screen.Rate(a.env, s, screen.RateActs{
			Time:    func(n int) { s.Time = n; a.redraw() },
			Quality: func(n int) { s.Quality = n; a.redraw() },
			Comment: func(v string) { s.Comment = v },
			Skip:    leave, Back: leave,
			Send: func() {
				if s.Busy {
					return
				}
				if s.Time == 0 || s.Quality == 0 {
					s.Wrong = a.env.T("error.rating")
					a.redraw()
					return
				}
				s.Busy, s.Wrong = true, ""
				a.redraw()
				r := api.Rating{Time: s.Time, Quality: s.Quality, Comment: s.Comment}
				a.act(func(ctx context.Context) error {
					_, err := a.client.Complaints.Rate(ctx, id, r)
					return err
				}, func(err error) {
					s.Busy = false
					if err != nil {
						s.Wrong = model.Say(a.source().words, err)
						a.redraw()
						return
					}
					leave()
					a.toast(a.env.T("rate.thanks"), nil, nil)
				})
			},
		})
	})
}

// saveTicket saves the QR code as a picture where the person chooses.
func (a *App) saveTicket(r model.Receipt) {
	png, err := qrcode.Encode(r.Track, qrcode.Medium, 720)
	if err != nil {
		a.say(err)
		return
	}
	a.saveFile(r.Code+".png", png, a.env.T("received.saved"))
}

// shareTicket offers the code and the address of the tracking page to others.
func (a *App) shareTicket(r model.Receipt) {
	link, _, _ := strings.Cut(r.Track, "#") // to follow it; the receipt is the owner's proof
	text := a.env.T("share.text", "code", r.Code, "link", link)
	a.question(a.env.T("action.share"), text, choice{word: a.env.T("action.close")},
		choice{a.env.T("share.copy"), assets.IconDocument, func() {
			a.fyne.Clipboard().SetContent(text)
			a.toast(a.env.T("share.copied"), nil, nil)
		}},
		choice{a.env.T("share.sms"), assets.IconMessage, func() {
			if err := a.fyne.OpenURL(&url.URL{Scheme: "sms", RawQuery: "body=" + url.PathEscape(text)}); err != nil {
				a.say(err)
			}
		}})
}
