package ui

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
)

func testEnv(t testing.TB, lang i18n.Lang, dark bool, scale style.Scale) bidi.Env {
	t.Helper()
	app := test.NewTempApp(t)
	th := style.New(dark, scale)
	app.Settings().SetTheme(th)
	words, err := i18n.Load(assets.Translations)
	if err != nil {
		t.Fatal(err)
	}
	faces, err := bidi.NewFaces()
	if err != nil {
		t.Fatal(err)
	}
	return bidi.NewEnv(lang, words, th, faces)
}

// part is one part of the gallery, in a state worth looking at.
type part struct {
	name  string
	width float32
	make  func(env bidi.Env) fyne.CanvasObject
}

func none() {}

// pick returns the sample text for the language: what data would bring.
func pick(env bidi.Env, en, ur, ps string) string {
	switch env.Lang {
	case i18n.Urdu:
		return ur
	case i18n.Pashto:
		return ps
	}
	return en
}

func when(env bidi.Env) string { return pick(env, "29 Nov", "29 نومبر", "29 نومبر") }

func office(env bidi.Env) string {
	return pick(env, "Deputy Commissioner, Swat", "ڈپٹی کمشنر سوات", "ډپټي کمشنر سوات")
}

func picture() image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 48, 48))
	for y := range 48 {
		for x := range 48 {
			img.Set(x, y, color.NRGBA{R: uint8(120 + x), G: uint8(150 + y), B: 170, A: 255})
		}
	}
	return img
}

func parts() []part {
	const phone = 328
	return []part{
		{"chips", phone, func(env bidi.Env) fyne.CanvasObject {
			var chips []fyne.CanvasObject
			for _, s := range Statuses() {
				chips = append(chips, StatusChip(env, s))
			}
			return bidi.Flow(env, style.Space8, append(chips, FilterChip(env, env.T("area.district"), true, none), FilterChip(env, env.T("area.tehsil"), false, none))...)
		}},
		{"buttons", phone, func(env bidi.Env) fyne.CanvasObject {
			return bidi.Column(env, style.Space8,
				Button(env, ButtonState{Kind: Filled, Word: env.T("case.write"), Icon: assets.IconMessage}, none),
				Button(env, ButtonState{Kind: Filled, Word: env.T("report.next", "step", env.T("report.check")), After: assets.IconChevron}, none),
				Pair(env, Button(env, ButtonState{Word: env.T("action.save"), Icon: assets.IconSave}, none), Button(env, ButtonState{Word: env.T("action.share"), Icon: assets.IconShare}, none)),
				Button(env, ButtonState{Kind: Plain, Word: env.T("home.see_all", "n", 4)}, none),
				Button(env, ButtonState{Kind: Filled, Word: env.T("report.send"), Disabled: true, Reason: env.T("report.where")}, none))
		}},
		{"appbar", 360, func(env bidi.Env) fyne.CanvasObject {
			return bidi.Column(env, style.Space8,
				AppBar(env, AppBarState{Title: env.T("app.name"), Caption: env.T("app.fresh", "place", pick(env, "Swat", "سوات", "سوات"), "time", "10:42"),
					Actions: []Action{{Word: pick(env, "اردو", "English", "English"), Label: "language", Tap: none}, {Icon: assets.IconBell, Badge: "2", Label: "news", Tap: none}}}),
				AppBar(env, AppBarState{Title: pick(env, "Complaint", "شکایت", "شکایت"), Caption: "KP-26-7F3K-92QX", Code: true, Lead: &Action{Icon: assets.IconBack, Label: "back", Tap: none},
					Actions: []Action{{Icon: assets.IconShare, Label: "share", Tap: none}, {Icon: assets.IconDots, Label: "more", Tap: none}}}),
				AppBar(env, AppBarState{Title: env.T("home.report"), Lead: &Action{Icon: assets.IconCross, Label: "close", Tap: none}, Note: env.T("photo.saved"), NoteIcon: assets.IconTick}))
		}},
		{"bottombar", 360, func(env bidi.Env) fyne.CanvasObject {
			return BottomBar(env, []NavItem{{assets.IconHome, env.T("nav.home")}, {assets.IconCases, env.T("nav.cases")}, {assets.IconServices, env.T("nav.services")},
				{assets.IconInfo, env.T("nav.information")}, {assets.IconMore, env.T("nav.more")}}, 0, func(int) {})
		}},
		{"banners", 360, func(env bidi.Env) fyne.CanvasObject {
			return bidi.Column(env, style.Space8,
				SyncBanner(env, Offline, env.T("error.offline"), none),
				SyncBanner(env, Sending, env.T("sync.sending", "n", 2, "of", 3), none),
				SyncBanner(env, SyncNeedsYou, env.T("sync.needs_you"), none),
				Announcement(env, Emergency, pick(env, "Emergency: flood warning", "ہنگامی: سیلاب کا خطرہ", "بېړنی: د سېلاب خطر"), pick(env, "Stay away from the river until Fri 6 pm.", "جمعہ شام 6 بجے تک دریا سے دور رہیں۔", "د جمعې تر 6 بجو له سینده لرې اوسئ."), none),
				Announcement(env, Warning, pick(env, "Warning: road closed", "انتباہ: سڑک بند", "خبرداری: سړک بند"), pick(env, "Kalam road, until Sunday", "کالام روڈ، اتوار تک", "کالام سړک، تر یکشنبې"), none))
		}},
		{"hero", phone, func(env bidi.Env) fyne.CanvasObject {
			return bidi.Column(env, style.Space12, Hero(env, assets.IconMessage, env.T("home.report"), env.T("home.report.hint"), none),
				Section(env, env.T("nav.cases"), env.T("home.see_all", "n", 4), none))
		}},
		{"rows", phone, func(env bidi.Env) fyne.CanvasObject {
			return bidi.Column(env, style.Space12,
				ComplaintRow(env, RowState{Icon: assets.IconWater, Title: pick(env, "Water line broken", "پانی کی لائن ٹوٹی ہوئی ہے", "د اوبو پایپ مات دی"), Holder: office(env), Status: InProgress, Left: env.T("due.left", "n", 6), By: env.T("due.by", "date", when(env))}, none),
				ComplaintRow(env, RowState{Icon: assets.IconRoads, Title: pick(env, "Bridge railing on the road to the girls' school broken", "پل کا جنگلا ٹوٹ گیا ہے، سکول کے بچے Ward 7 سے گزرتے ہیں", "د پله کټاره ماته ده او ماشومان پرې ښوونځي ته ځي"), Holder: office(env), Status: Late, Left: env.T("due.late", "n", 2), Late: true, Unread: env.T("label.new")}, none),
				ComplaintRow(env, RowState{Icon: assets.IconRubbish, Title: pick(env, "Rubbish beside the school", "سکول کے پاس کوڑا", "د ښوونځي تر څنګ خځلې"), Holder: env.T("draft.saved", "when", when(env)), Status: Draft, Remove: &Action{Icon: assets.IconTrash, Label: env.T("draft.remove"), Tap: none}}, none))
		}},
		{"ladder", phone, func(env bidi.Env) fyne.CanvasObject {
			return Card(env, bidi.Column(env, style.Space12,
				bidi.Flow(env, style.Space8, StatusChip(env, InProgress), bidi.NewLabel(env, env.T("due.left", "n", 6), bidi.Text{Size: style.Section, Bold: true})),
				Ladder(env, LadderState{Today: 0.42, Rungs: []Rung{{env.T("level.0"), env.T("due.here"), 0}, {env.T("level.1"), when(env), 0.68}, {env.T("level.2"), pick(env, "6 Dec", "6 دسمبر", "6 ډسمبر"), 1}}}),
				Divider(env),
				Note(env, assets.IconInfo, env.T("case.escalates", "date", pick(env, "Sunday 29 November", "اتوار 29 نومبر", "یکشنبه 29 نومبر"), "office", env.T("level.1")))))
		}},
		{"timeline", phone, func(env bidi.Env) fyne.CanvasObject {
			return bidi.Column(env, 0,
				TimelineEntry(env, EventState{Icon: assets.IconMessage, Tone: style.ToneInfo(), Title: pick(env, "The office wrote", "دفتر کا پیغام", "د دفتر پیغام"), When: pick(env, "Today, 10:40", "آج، 10:40", "نن، 10:40"), Body: pick(env, "“The crew comes on Thursday.”", "”عملہ جمعرات کو مرمت کے لیے آئے گا۔“", "”کارکوونکي د پنجشنبې په ورځ راځي.“")}),
				TimelineEntry(env, EventState{Icon: assets.IconTriangle, Title: pick(env, "Late by 2 days", "2 دن کی تاخیر", "2 ورځې ځنډ"), When: pick(env, "16 Nov", "16 نومبر", "16 نومبر"), Late: true}),
				TimelineEntry(env, EventState{Icon: assets.IconCloudTick, Tone: style.ToneSuccess(), Title: pick(env, "Complaint received", "شکایت موصول ہوئی", "شکایت ترلاسه شو"), When: pick(env, "14 Nov", "14 نومبر", "14 نومبر"), Body: office(env), Last: true}))
		}},
		{"step", phone, func(env bidi.Env) fyne.CanvasObject {
			entry := bidi.NewEntry(env, bidi.EntryOptions{Multi: true, Rows: 3, Placeholder: env.T("report.any_language")})
			entry.SetText(pick(env, "The main water line near the girls' school in Amankot has been broken since Monday. About 40 houses have no water", "میری گلی نمبر 12 میں پانی نہیں آ رہا، Ward 7 کے دفتر کو 3 بار بتایا", "زموږ په کوڅه نمبر 12 کې اوبه نشته، Ward 7 دفتر ته مو 3 ځله وویل"))
			cnic := bidi.NewEntry(env, bidi.EntryOptions{Order: bidi.Code, Number: true})
			cnic.SetText("15602-1234567")
			field := bidi.NewField(env, pick(env, "CNIC", "شناختی کارڈ نمبر", "شناختي کارډ"), cnic, "")
			field.SetError(env.T("error.cnic_digits", "n", 12))
			empty := bidi.NewEntry(env, bidi.EntryOptions{Placeholder: env.T("area.landmark")})
			return bidi.Column(env, style.Space12, StepBar(env, 3, 4, env.T("report.step", "n", 3, "of", 4), env.T("report.next", "step", pick(env, "Check", "دیکھیں", "کتل"))),
				bidi.NewParagraph(env, env.T("report.happened"), bidi.Text{Size: style.Title, Bold: true}), entry, field.Object, empty)
		}},
		{"tiles", phone, func(env bidi.Env) fyne.CanvasObject {
			var tiles []fyne.CanvasObject
			for i, k := range []assets.Icon{assets.IconWater, assets.IconElectricity, assets.IconRoads, assets.IconRubbish, assets.IconSchool, assets.IconHealth, assets.IconPolice, assets.IconLand} {
				tiles = append(tiles, PictureTile(env, k, env.T("category."+string(k)), i == 0, none))
			}
			return PictureGrid(env, append(tiles, PictureTile(env, assets.IconAllKinds, env.T("category.all"), false, none))...)
		}},
		{"photos", phone, func(env bidi.Env) fyne.CanvasObject {
			return PhotoStrip(env, []PhotoState{{Image: picture(), Word: env.T("photo.saved"), Mark: assets.IconTick, Remove: none, Label: "1"}, {Icon: assets.IconImage, Word: env.T("photo.failed"), Mark: assets.IconLoop, Failed: true, Remove: none, Label: "2"}}, env.T("photo.add"), env.T("action.remove"), none)
		}},
		{"empty", phone, func(env bidi.Env) fyne.CanvasObject {
			return EmptyState(env, assets.IconCases, env.T("cases.empty"), Button(env, ButtonState{Kind: Filled, Word: env.T("home.report")}, none))
		}},
		{"confirm", phone, func(env bidi.Env) fyne.CanvasObject {
			return ConfirmCard(env, ConfirmState{Status: NeedsAnswer, Until: env.T("confirm.until", "date", pick(env, "1 Dec", "1 دسمبر", "1 ډسمبر")), Evidence: []PhotoState{{Image: picture(), Label: "1"}, {Image: picture(), Label: "2"}}, Question: env.T("confirm.question"), Yes: env.T("confirm.yes"), No: env.T("confirm.no"), Silence: env.T("confirm.silence", "date", pick(env, "1 December", "یکم دسمبر", "1 ډسمبر"))}, none, none)
		}},
		{"rating", phone, func(env bidi.Env) fyne.CanvasObject {
			return Rating(env, env.T("rate.quick"), 4, func(int) {})
		}},
		{"officer", 636, func(env bidi.Env) fyne.CanvasObject {
			return bidi.Column(env, 0,
				OfficerRow(env, OfficerRowState{Icon: assets.IconHealth, Title: pick(env, "No medicine at clinic", "کلینک میں دوا نہیں", "په کلینیک کې دوا نشته"), Code: "KP-26-4KQ2-83MD", Place: pick(env, "Kabal", "کبل", "کبل"), Holder: pick(env, "R. Gul", "ر۔ گل", "ر. ګل"), Above: env.T("level.1"), Due: env.T("due.late", "n", 2), DueIcon: assets.IconTriangle, DueTone: style.ToneOverdue(), Used: 1}, none, func(bool) {}),
				OfficerRow(env, OfficerRowState{Icon: assets.IconWater, Title: pick(env, "Main water line burst", "پانی کی مین لائن پھٹ گئی", "د اوبو لوی پایپ مات شو"), Code: "KP-26-3X6T-75NB", Place: pick(env, "Babuzai", "بابوزئی", "بابوزی"), Holder: pick(env, "Not assigned", "سپرد نہیں", "سپارل شوې نه ده"), Due: env.T("due.left", "n", 2), DueIcon: assets.IconClock, DueTone: style.ToneWarning(), Used: 0.86, Selected: true, Checked: true}, none, func(bool) {}))
		}},
		{"rail", 208, func(env bidi.Env) fyne.CanvasObject {
			return bidi.Column(env, style.Space4,
				RailItem(env, RailState{Icon: assets.IconInbox, Word: env.T("cases.open"), Count: "43", Current: true}, none),
				RailItem(env, RailState{Icon: assets.IconTriangle, Word: env.T("dashboard.late"), Count: "1", Alarm: true}, none),
				RailItem(env, RailState{Icon: assets.IconPerson, Word: env.T("officer.assign"), Count: "12"}, none))
		}},
		{"toast", phone, func(env bidi.Env) fyne.CanvasObject {
			return Toast(env, env.T("officer.assigned_to", "name", pick(env, "R. Gul", "ر۔ گل", "ر. ګل")), env.T("action.undo"), none)
		}},
		{"note", phone, func(env bidi.Env) fyne.CanvasObject {
			return bidi.Column(env, style.Space8, ErrorText(env, env.T("error.cnic_digits", "n", 12)), Footer(env, Pair(env,
				Button(env, ButtonState{Word: env.T("action.back")}, none), Button(env, ButtonState{Kind: Filled, Word: env.T("action.next")}, none))))
		}},
	}
}
