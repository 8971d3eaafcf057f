package screen_test

import (
	"image"
	"image/color"
	"image/draw"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/verify"
)

// now is a Monday afternoon, six days before the complaint of the tests falls due.
var now = time.Date(2026, 11, 23, 5, 42, 0, 0, time.UTC)

// world is a language and a look, with what the screens of the tests show.
type world struct {
	env   bidi.Env
	words model.Words
	guide model.Guide
}

func newWorld(t testing.TB, lang i18n.Lang, dark bool, scale style.Scale) world {
	t.Helper()
	fa := test.NewTempApp(t)
	th := style.New(dark, scale)
	fa.Settings().SetTheme(th)
	words, err := i18n.Load(assets.Translations)
	if err != nil {
		t.Fatal(err)
	}
	faces, err := bidi.NewFaces()
	if err != nil {
		t.Fatal(err)
	}
	return world{bidi.NewEnv(lang, words, th, faces), model.Words{Lang: lang, Catalogue: words, Now: now}, guide()}
}

func text(en, ur, ps string) api.Text { return api.Text{EN: en, UR: ur, PS: ps} }

func guide() model.Guide {
	swat := text("Swat", "سوات", "سوات")
	return model.Guide{
		Offices: []api.Office{
			{ID: "dc", Kind: "chain", Area: "kp/malakand/swat", Name: text("Deputy Commissioner, Swat", "ڈپٹی کمشنر سوات", "د سوات ډپټي کمشنر")},
			{ID: "commissioner", Kind: "chain", Level: 1, Area: "kp/malakand", Name: text("Commissioner, Malakand", "کمشنر ملاکنڈ", "د ملاکنډ کمشنر")},
		},
		Areas: []api.Area{
			{ID: "kp/malakand/swat", Slug: "swat", Kind: "district", Name: swat},
			{ID: "kp/malakand/swat/babuzai", Slug: "babuzai", Kind: "tehsil", Name: text("Babuzai", "بابوزئی", "بابوزی"), Parent: "kp/malakand/swat"},
			{ID: "kp/peshawar/peshawar", Slug: "peshawar", Kind: "district", Name: text("Peshawar", "پشاور", "پېښور")},
			{ID: "kp/mardan/mardan", Slug: "mardan", Kind: "district", Name: text("Mardan", "مردان", "مردان")},
		},
		Kinds: []api.Category{
			{Code: "municipal-services", Name: text("Municipal services", "بلدیاتی خدمات", "ښاري خدمتونه"), Icon: "municipal", Children: []api.Category{
				{Code: "water-supply", Name: text("Water supply", "پانی کی فراہمی", "د اوبو رسول"), Icon: "water", Words: []string{"pani", "پانی"}},
				{Code: "street-lights", Name: text("Street lights", "گلیوں کی بتیاں", "د کوڅو څراغونه"), Icon: "light", Words: []string{"batti"}},
				{Code: "rubbish", Name: text("Rubbish and cleaning", "کوڑا کرکٹ اور صفائی", "خځلې او پاکول"), Icon: "rubbish"},
			}},
			{Code: "energy-power", Name: text("Energy and power", "توانائی اور بجلی", "انرژي او برېښنا"), Icon: "electricity", Children: []api.Category{
				{Code: "power-cuts", Name: text("Power cuts and load-shedding", "بجلی کی بندش اور لوڈشیڈنگ", "د برېښنا تګ او لوډشېډنګ"), Icon: "electricity"},
			}},
		},
	}
}

// said is what the citizen of the tests wrote, in their language.
func (w world) said() string {
	if w.env.Lang == i18n.English {
		return "The main water line near the girls' school in Amankot has been broken since Monday. About 40 houses have no water and the road is flooded."
	}
	if w.env.Lang == i18n.Pashto {
		return "د اوبو نل مات دی. په امانکوټ کې د نجونو ښوونځي ته نږدې شاوخوا 40 کورونه بې اوبو دي."
	}
	return "پانی کی لائن ٹوٹی ہوئی ہے۔ امان کوٹ میں گرلز سکول کے قریب 40 گھروں میں پانی نہیں۔"
}

func at(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC)
}

func (w world) complaint() sdk.Complaint {
	filed := at(14, 5, 42)
	return sdk.Complaint{Complaint: api.Complaint{
		ID: "a", Code: "KP-26-7F3K-92QX", Status: "assigned", LodgedAt: filed, DueAt: filed.AddDate(0, 0, 15),
		Ladder: []time.Time{filed, filed.AddDate(0, 0, 15), filed.AddDate(0, 0, 22)},
		Text:   w.said(), Category: "water-supply", District: "swat", Area: "kp/malakand/swat/babuzai",
		HolderName:     text("Deputy Commissioner, Swat", "ڈپٹی کمشنر سوات", "د سوات ډپټي کمشنر"),
		AllowedActions: []string{"message", "withdraw", "appeal"}, Version: 4,
	}, Track: "https://portal.example/track/KP-26-7F3K-92QX?s=q1Yk3vT0m8cXl2pWd5sZrA#r=abc"}
}

// proposed is a complaint that the office calls solved.
func (w world) proposed() sdk.Complaint {
	c := w.complaint()
	c.ID, c.Code, c.Status, c.Category = "b", "KP-26-2MXD-4RTB", "proposed", "street-lights"
	c.Text = map[i18n.Lang]string{i18n.English: "Street light is out.", i18n.Urdu: "گلی کی بتی خراب ہے۔", i18n.Pashto: "د کوڅې څراغ خراب دی."}[w.env.Lang]
	c.SilentAt = at(30, 19, 30)
	c.AllowedActions = []string{"confirm", "reject", "message", "withdraw"}
	return c
}

func (w world) events() []api.Event {
	office := text("Deputy Commissioner, Swat", "ڈپٹی کمشنر سوات", "د سوات ډپټي کمشنر")
	officer := text("Tehsil Municipal Officer, Babuzai", "تحصیل میونسپل افسر، بابوزئی", "د بابوزۍ تحصیل ښاري افسر")
	note := map[i18n.Lang]string{
		i18n.English: "The team comes on Thursday for the repair.", i18n.Urdu: "عملہ جمعرات کو مرمت کے لیے آئے گا۔", i18n.Pashto: "عمله به پنجشنبه د ترمیم لپاره راشي.",
	}[w.env.Lang]
	return []api.Event{
		{N: 1, Action: "lodge", Role: "citizen", At: at(14, 5, 42), ToName: office},
		{N: 2, Action: "assign", Role: "distributor", At: at(16, 4, 0), ByName: office, ToName: officer},
		{N: 3, Action: "message", Role: "handler", At: at(23, 5, 40), ByName: officer, Text: note},
	}
}

func (w world) home() model.Home {
	c, p := w.complaint(), w.proposed()
	profile := api.Profile{District: "kp/malakand/swat", Name: "Zarmina"}
	return model.HomeOf(w.words, w.guide, profile, synced(), []sdk.Complaint{c, p}, []model.Asked{{Complaint: p, Events: w.proposal()}}, nil)
}

func synced() sdk.Status {
	return sdk.Status{Freshness: sdk.Freshness{SyncedAt: now}, SignedIn: true}
}

// file is a photo that is promised by its content.
func file(sha string) api.File { return api.File{SHA256: sha, Size: 1000, Type: "image/jpeg"} }

// sentPhotos are photos in every state on their way.
func sentPhotos() []sdk.Attachment {
	at := func(sha string, state sdk.FileState) sdk.Attachment {
		return sdk.Attachment{File: file(sha), Complaint: "a", Event: 1, State: state, Picture: true, Begun: true}
	}
	half := at("2", sdk.FileSending)
	half.Sent = 400
	failed := at("3", sdk.FileFailed)
	failed.Problem = &api.Problem{Type: api.TypeInvalid, Errors: []api.FieldProblem{{Pointer: "/files", Code: "file_size"}}}
	return []sdk.Attachment{at("1", sdk.FileSent), half, failed, at("4", sdk.FileStopped), at("5", sdk.FileWaiting)}
}

// waitingPhotos are photos of a complaint that was not received yet.
func waitingPhotos() []sdk.Attachment {
	return []sdk.Attachment{{File: file("1"), Complaint: "a", State: sdk.FileWaiting, Picture: true}, {File: file("2"), Complaint: "a", State: sdk.FileWaiting, Picture: true}}
}

// photoActs gives every photo the same picture, but one that is not here.
func photoActs() screen.PhotoActs {
	none := func(model.Photo) {}
	return screen.PhotoActs{Open: none, Again: none, Stop: none, Image: func(p model.Photo) image.Image {
		if p.SHA256 == "5" {
			return nil
		}
		return still()
	}}
}

// still is a photo: sky over a road.
func still() image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 160, 120))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.NRGBA{0x9A, 0xB4, 0xC6, 0xFF}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 70, 160, 120), image.NewUniform(color.NRGBA{0x6B, 0x74, 0x66, 0xFF}), image.Point{}, draw.Src)
	return img
}

// officer is a name as a citizen writes it.
func (w world) officer() string {
	if w.env.Lang == i18n.English {
		return "Rahim Gul"
	}
	return "رحیم گل"
}

// nameless is the complaint, filed without a name.
func (w world) nameless() sdk.AnonymousComplaint {
	c := w.complaint()
	return sdk.AnonymousComplaint{Complaint: c.Complaint, Track: c.Track, Receipt: "Q2XK7-MB4TD-WZ6EH-RNVYP-3SCGA-L"}
}

// proposal is the timeline of the proposed complaint, with the office's evidence.
func (w world) proposal() []api.Event {
	done := map[i18n.Lang]string{
		i18n.English: "The light was repaired on Sunday.", i18n.Urdu: "بتی اتوار کو ٹھیک کر دی گئی۔", i18n.Pashto: "څراغ د یکشنبې په ورځ جوړ شو.",
	}[w.env.Lang]
	one, two := file("6"), file("7")
	one.State, two.State = api.FileReady, api.FileReady
	return append(w.events(), api.Event{N: 4, Action: "propose", Role: "handler", At: at(23, 5, 41), ByName: w.events()[1].ToName, Text: done, Files: []api.File{one, two}})
}

func (w world) report(step model.Step) screen.ReportState {
	r := model.Report{Step: step, Draft: sdk.Draft{ID: "d", Category: "water-supply", District: "swat", Area: "kp/malakand/swat/babuzai", Place: "Amankot", Text: w.said()}}
	mark := screen.NewSaveMark(w.env)
	mark.Set(true)
	r.Draft.Files = []api.File{file("1"), file("5")}
	return screen.ReportState{Report: r, Chosen: r.Chosen(w.words, w.guide), Kinds: w.guide.Under(w.words, ""), Known: true, Mark: mark, Send: w.env.T("report.send"), MayNameless: true}
}

func (w world) reportActs() screen.ReportActs {
	return screen.ReportActs{AddPhoto: func() {}, RemovePhoto: func(string) {}, Photos: photoActs(), Remove: func() {}, Search: func(q string) []model.Choice { return w.guide.Search(w.words, q) }}
}

// shot is a screen of the tests, by name.
type shot struct {
	name string
	make func(w world) (f screen.Frame, tab int)
}

const noTab = -1

func flat(draw func(w world) screen.Frame) func(w world) (screen.Frame, int) {
	return func(w world) (screen.Frame, int) { return draw(w), noTab }
}

// shots are all screens, in the order in which people meet them.
func shots() []shot {
	return []shot{
		{"language", flat(func(w world) screen.Frame { return screen.Language(w.env, nil) })},
		{"welcome", flat(func(w world) screen.Frame {
			return screen.Welcome(w.env, screen.WelcomeState{}, screen.WelcomeActs{})
		})},
		{"welcome-demo", flat(func(w world) screen.Frame {
			people := []screen.Person{{Name: "Zarmina (demo)", Role: "citizen.swat", Icon: assets.IconPerson}, {Name: "Imran Sattar (demo)", Role: "dc.swat", Icon: assets.IconBriefcase}}
			return screen.Welcome(w.env, screen.WelcomeState{Demo: people, Busy: "Zarmina (demo)"}, screen.WelcomeActs{})
		})},
		{"register", flat(func(w world) screen.Frame {
			return screen.Register(w.env, screen.Registration{CNIC: "15602-123456", Mobile: "0345-1234567", DistrictName: w.guide.DistrictName(w.words, "swat"),
				Form: screen.Form{Wrong: map[string]string{"cnic": w.env.T("error.cnic")}}}, screen.RegisterActs{})
		})},
		{"sign-in", flat(func(w world) screen.Frame {
			return screen.SignIn(w.env, "", screen.Form{Error: w.env.T("error.needs_net")}, screen.SignInActs{})
		})},
		{"otp", flat(func(w world) screen.Frame {
			return screen.OTP(w.env, screen.OTPState{Mobile: "0345-1234567", OTP: "123456", Demo: true}, screen.OTPActs{})
		})},
		{"recovery-code", flat(func(w world) screen.Frame { return screen.Paper(w.env, "7F3K-92QX-2MXD-4RTB-PQ8Z", nil) })},
		{"new-phone", flat(func(w world) screen.Frame { return screen.Recover(w.env, screen.RecoverState{}, screen.RecoverActs{}) })},
		{"officer-sign-in", flat(func(w world) screen.Frame { return screen.Officer(w.env, screen.OfficerState{}, screen.OfficerActs{}) })},
		{"home", func(w world) (screen.Frame, int) {
			return screen.Home(w.env, w.home(), screen.HomeActs{Photos: photoActs()}), 0
		}},
		{"home-first", func(w world) (screen.Frame, int) {
			h := model.HomeOf(w.words, w.guide, api.Profile{District: "swat"}, sdk.Status{SignedIn: true}, nil, nil, []sdk.Draft{{ID: "d", SavedAt: now, Category: "power-cuts"}})
			return screen.Home(w.env, h, screen.HomeActs{}), 0
		}},
		{"report-what", flat(func(w world) screen.Frame {
			s := w.report(model.StepWhat)
			s.Report.Draft.Category, s.Chosen.Kind = "", ""
			return screen.Report(w.env, s, w.reportActs())
		})},
		{"report-all-kinds", flat(func(w world) screen.Frame {
			s := w.report(model.StepWhat)
			s.Report.All = true
			return screen.Report(w.env, s, w.reportActs())
		})},
		{"report-where", flat(func(w world) screen.Frame { return screen.Report(w.env, w.report(model.StepWhere), w.reportActs()) })},
		{"report-happened", flat(func(w world) screen.Frame {
			return screen.Report(w.env, w.report(model.StepHappened), w.reportActs())
		})},
		{"report-check", flat(func(w world) screen.Frame { return screen.Report(w.env, w.report(model.StepCheck), w.reportActs()) })},
		{"report-unknown", flat(func(w world) screen.Frame {
			return screen.Report(w.env, screen.ReportState{Report: model.Report{Step: model.StepWhat}}, w.reportActs())
		})},
		{"report-check-nameless", flat(func(w world) screen.Frame {
			s := w.report(model.StepCheck)
			s.Report.Draft.Anonymous, s.Report.Draft.AboutOffice, s.Report.Draft.AboutOfficer = true, "dc", w.officer()
			s.Chosen, s.Send, s.NoPhotos = s.Report.Chosen(w.words, w.guide), w.env.T("nameless.send"), w.env.T("nameless.no_photos")
			return screen.Report(w.env, s, w.reportActs())
		})},
		{"report-helper", flat(func(w world) screen.Frame {
			s := w.report(model.StepHappened)
			s.Mark, s.Note, s.NoPhotos, s.MayNameless = nil, w.env.T("helper.note"), w.env.T("helper.no_photos"), false
			return screen.Report(w.env, s, w.reportActs())
		})},
		{"about", flat(func(w world) screen.Frame {
			d := sdk.Draft{District: "swat", AboutOffice: "dc"}
			return screen.About(w.env, screen.AboutState{Office: w.guide.OfficeName(w.words, "dc"), Officer: w.officer(), GoesTo: w.guide.GoesTo(w.words, d)}, screen.AboutActs{})
		})},
		{"nameless", flat(func(w world) screen.Frame {
			return screen.Nameless(w.env, screen.NamelessState{Photos: 2}, screen.NamelessActs{})
		})},
		{"receipt", flat(func(w world) screen.Frame {
			return screen.Receipt(w.env, model.NamelessOf(w.words, w.nameless(), true), screen.ReceiptActs{})
		})},
		{"receipt-saved", flat(func(w world) screen.Frame {
			c := w.nameless()
			c.Code, c.Track, c.LodgedAt = "", "", time.Time{}
			return screen.Receipt(w.env, model.NamelessOf(w.words, c, true), screen.ReceiptActs{})
		})},
		{"track", flat(func(w world) screen.Frame {
			return screen.Track(w.env, screen.TrackState{Here: model.NamelessRows(w.words, w.guide, []sdk.AnonymousComplaint{w.nameless()}), Code: "KP-26-7F3K-92QX",
				Form: screen.Form{Wrong: map[string]string{"receipt": w.env.T("error.receipt")}}}, screen.TrackActs{})
		})},
		{"looks", flat(func(w world) screen.Frame {
			dc, post := w.complaint().HolderName, w.events()[1].ToName
			log := []api.Access{
				{Code: "KP-26-7F3K-92QX", At: at(23, 5, 41), What: api.AccessIdentity, OfficeName: dc, Title: post, Person: w.officer()},
				{Code: "KP-26-7F3K-92QX", At: at(16, 4, 0), What: api.AccessComplaint, OfficeName: dc, Title: post},
			}
			return screen.Looks(w.env, screen.LooksState{List: model.Looks(w.words, log)}, struct{ Back, Retry, Cases func() }{})
		})},
		{"looks-none", flat(func(w world) screen.Frame {
			return screen.Looks(w.env, screen.LooksState{}, struct{ Back, Retry, Cases func() }{})
		})},
		{"export", flat(func(w world) screen.Frame {
			return screen.Export(w.env, screen.ExportState{Ask: true, Form: screen.Form{Wrong: map[string]string{"pin": w.env.T("error.pin_wrong")}}}, struct {
				PIN          func(string)
				Submit, Back func()
			}{})
		})},
		{"helper-number", flat(func(w world) screen.Frame {
			return screen.Helper(w.env, screen.HelperState{New: true, Mobile: "0345-1234567", Registration: screen.Registration{CNIC: "15602-1234567-1"}}, screen.HelperActs{})
		})},
		{"helper-code", flat(func(w world) screen.Frame {
			return screen.Helper(w.env, screen.HelperState{Asked: true, Mobile: "0345-1234567", OTP: "123456"}, screen.HelperActs{})
		})},
		{"helped", flat(func(w world) screen.Frame {
			return screen.Helped(w.env, w.complaint().Code, w.complaint().Track, "7F3K-92QX-2MXD-4RTB-PQ8Z", nil)
		})},
		{"counter", flat(func(w world) screen.Frame {
			return screen.Counter(w.env, screen.CounterState{Ask: true, Registration: screen.Registration{CNIC: "15602-1234567-1", Mobile: "0345-1234567",
				Form: screen.Form{Wrong: map[string]string{"mobile": w.env.T("error.mobile_taken")}}}}, screen.CounterActs{})
		})},
		{"counter-code", flat(func(w world) screen.Frame {
			return screen.Counter(w.env, screen.CounterState{Registration: screen.Registration{Name: w.officer()}, Setup: "7F3K-92QX-2MXD-4RTB",
				Once: w.env.T("counter.once", "mobile", "\u200e0345-1234567", "date", w.words.Short(at(30, 5, 0)))}, screen.CounterActs{})
		})},
		{"pick", flat(func(w world) screen.Frame {
			return screen.Pick(w.env, screen.PickState{Title: w.env.T("area.choose_district"), List: w.guide.Districts(w.words), Chosen: "swat"}, nil, struct{ Back, Retry func() }{})
		})},
		{"saved", flat(func(w world) screen.Frame {
			c := w.complaint()
			c.Code = ""
			return screen.Received(w.env, model.ReceiptOf(w.words, w.guide, c, waitingPhotos()), screen.ReceivedActs{Photos: photoActs()})
		})},
		{"received", flat(func(w world) screen.Frame {
			return screen.Received(w.env, model.ReceiptOf(w.words, w.guide, w.complaint(), nil), screen.ReceivedActs{})
		})},
		{"received-photos", flat(func(w world) screen.Frame {
			return screen.Received(w.env, model.ReceiptOf(w.words, w.guide, w.complaint(), sentPhotos()[:2]), screen.ReceivedActs{Photos: photoActs()})
		})},
		{"cases", func(w world) (screen.Frame, int) {
			late := w.complaint()
			late.ID, late.Level, late.DueAt = "c", 1, at(20, 5, 0)
			all := []sdk.Complaint{w.complaint(), w.proposed(), late}
			return screen.Cases(w.env, model.CasesOf(w.words, w.guide, model.TabOpen, synced(), all, []sdk.Draft{{ID: "d", SavedAt: now, Category: "rubbish"}}), "", screen.CasesActs{Remove: func(string) {}}), 1
		}},
		{"cases-signed-out", func(w world) (screen.Frame, int) {
			return screen.Cases(w.env, model.CasesOf(w.words, w.guide, model.TabOpen, sdk.Status{}, nil, nil), "", screen.CasesActs{}), 1
		}},
		{"cases-not-fetched", func(w world) (screen.Frame, int) {
			return screen.Cases(w.env, model.CasesOf(w.words, w.guide, model.TabOpen, sdk.Status{SignedIn: true}, nil, nil), "", screen.CasesActs{}), 1
		}},
		{"cases-none", func(w world) (screen.Frame, int) {
			return screen.Cases(w.env, model.Cases{Tab: model.TabOpen}, "", screen.CasesActs{}), 1
		}},
		{"complaint", flat(func(w world) screen.Frame {
			return screen.Case(w.env, model.CaseOf(w.words, w.guide, w.complaint(), w.events(), nil), screen.CaseActs{})
		})},
		{"complaint-recorded", flat(func(w world) screen.Frame {
			p := model.CaseOf(w.words, w.guide, w.complaint(), w.events()[:1], nil)
			p.Record = model.RecordOf(w.words, sdk.Verification{Result: verify.Result{Outcome: verify.Verified}}, nil)
			return screen.Case(w.env, p, screen.CaseActs{})
		})},
		{"complaint-altered", flat(func(w world) screen.Frame {
			p := model.CaseOf(w.words, w.guide, w.complaint(), w.events()[:1], nil)
			p.Record = model.RecordOf(w.words, sdk.Verification{Result: verify.Result{Outcome: verify.NotVerified}}, nil)
			return screen.Case(w.env, p, screen.CaseActs{})
		})},
		{"complaint-photos", flat(func(w world) screen.Frame {
			c := w.complaint()
			c.Code, c.Ladder = "", nil // so that the photos are in sight
			return screen.Case(w.env, model.CaseOf(w.words, w.guide, c, nil, sentPhotos()), screen.CaseActs{Photos: photoActs()})
		})},
		{"photo", flat(func(w world) screen.Frame {
			return screen.View(w.env, screen.ViewState{Image: still(), Busy: true}, screen.ViewActs{})
		})},
		{"photo-trouble", flat(func(w world) screen.Frame {
			return screen.View(w.env, screen.ViewState{Error: w.env.T("error.no_net")}, screen.ViewActs{})
		})},
		{"complaint-proposed", flat(func(w world) screen.Frame {
			return screen.Case(w.env, model.CaseOf(w.words, w.guide, w.proposed(), w.proposal(), nil), screen.CaseActs{Photos: photoActs()})
		})},
		{"complaint-closed", flat(func(w world) screen.Frame {
			c := w.complaint()
			c.Status, c.ClosedAt, c.AllowedActions = "closed_silent", at(20, 1, 0), []string{"rate", "reopen", "appeal"}
			return screen.Case(w.env, model.CaseOf(w.words, w.guide, c, w.events(), nil), screen.CaseActs{})
		})},
		{"conversation", flat(func(w world) screen.Frame {
			c := w.complaint()
			c.Pending = []sdk.Pending{{Action: "message", State: sdk.Waiting, Text: w.said()}}
			return screen.Write(w.env, screen.WriteState{Bar: w.env.T("case.write"), Question: w.env.T("talk.write"), Verb: w.env.T("report.send"), Talk: model.Talk(w.words, c, w.events())}, screen.WriteActs{})
		})},
		{"reject", flat(func(w world) screen.Frame {
			return screen.Write(w.env, screen.WriteState{Bar: w.env.T("confirm.no"), Question: w.env.T("confirm.still_wrong"), Hint: w.env.T("reject.hint"), Verb: w.env.T("report.send"), Wrong: w.env.T("error.text")}, screen.WriteActs{})
		})},
		{"rate", flat(func(w world) screen.Frame { return screen.Rate(w.env, screen.RateState{Time: 4}, screen.RateActs{}) })},
		{"sync", flat(func(w world) screen.Frame {
			waiting := []sdk.Queued{{Pending: sdk.Pending{Op: "1", Action: "lodge", State: sdk.Waiting}, Complaint: "a"}}
			needs := []sdk.Queued{{Pending: sdk.Pending{Op: "2", Action: "message", State: sdk.Refused, Text: "x", Problem: &api.Problem{Type: api.TypeConflict}}, Complaint: "a"}}
			titles := map[string]string{"a": model.Title(w.said())}
			return screen.Sync(w.env, model.SyncOf(w.words, sdk.Status{Freshness: sdk.Freshness{SyncedAt: now, Offline: true}, SignedIn: true}, waiting, needs, titles), false, screen.SyncActs{})
		})},
		{"sync-photos", flat(func(w world) screen.Frame {
			titles := map[string]string{"a": model.Title(w.said())}
			return screen.Sync(w.env, model.SyncOf(w.words, synced(), nil, nil, titles, sentPhotos()), false, screen.SyncActs{Photos: photoActs()})
		})},
		{"sync-done", flat(func(w world) screen.Frame {
			return screen.Sync(w.env, model.SyncOf(w.words, sdk.Status{Freshness: sdk.Freshness{SyncedAt: now}, SignedIn: true}, nil, nil, nil), false, screen.SyncActs{})
		})},
		{"more", func(w world) (screen.Frame, int) {
			return screen.More(w.env, screen.MoreState{Name: "Zarmina", District: w.guide.DistrictName(w.words, "swat"), SignedIn: true, Citizen: true, Version: "0.1.0"}, screen.MoreActs{}), 2
		}},
		{"devices", flat(func(w world) screen.Frame {
			list := []screen.Device{{ID: "1", Name: "Pixel 6", Current: true, Approved: true}, {ID: "2", Name: "Desktop", Seen: w.env.T("devices.seen", "when", w.words.When(now))}}
			return screen.Devices(w.env, screen.DevicesState{List: list}, screen.DevicesActs{})
		})},
		{"settings", flat(func(w world) screen.Frame {
			return screen.Settings(w.env, screen.SettingsState{Lang: w.env.Lang, Scale: w.env.Style.Scale()}, screen.SettingsActs{})
		})},
		{"help", flat(func(w world) screen.Frame { return screen.Help(w.env, nil, nil) })},
		{"leave", flat(func(w world) screen.Frame {
			return screen.Leave(w.env, screen.LeaveState{Unsent: 2, Drafts: 1, Files: 3}, screen.LeaveActs{})
		})},
		{"trouble", flat(func(w world) screen.Frame {
			return screen.Trouble(w.env, w.env.T("error.unknown"), struct{ Back, Retry func() }{})
		})},
	}
}
