package app

import (
	"context"
	"reflect"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
)

// page is a screen at work. load, called on the UI's goroutine, gives the reading that
// runs off it and must touch only what it captured. draw makes the screen from what
// was read. pause, if set, keeps what is being written; leave ends what the page has
// running; front is told that the person is back from another program; key gets the keys that no part of the page wants, and tells if it took one.
type page struct {
	load  func(src source) func(ctx context.Context) (any, error)
	draw  func(state any) screen.Frame
	pause func()
	leave func()
	front func()
	key   func(*fyne.KeyEvent) bool
}

// source is what a reading may use: the SDK, and words at one moment.
type source struct {
	client *sdk.Client
	words  model.Words
}

// reads makes a page of a state type.
func reads[S any](load func(src source) func(ctx context.Context) (S, error), draw func(S) screen.Frame) page {
	return page{
		load: func(src source) func(context.Context) (any, error) {
			read := load(src)
			return func(ctx context.Context) (any, error) { return read(ctx) }
		},
		draw: func(state any) screen.Frame { return draw(state.(S)) },
	}
}

// still makes a page that reads nothing.
func still(draw func() screen.Frame) page {
	return page{
		load: func(source) func(context.Context) (any, error) {
			return func(context.Context) (any, error) { return nil, nil }
		},
		draw: func(any) screen.Frame { return draw() },
	}
}

func (a *App) source() source {
	return source{client: a.client, words: model.Words{Lang: a.lang(), Catalogue: a.words, Now: a.now()}}
}

// open goes to a route.
func (a *App) open(r nav.Route) {
	a.leavePage()
	a.stack.Push(r)
	a.enter()
}

// replace goes to a route instead of this one.
func (a *App) replace(r nav.Route) {
	a.leavePage()
	a.stack.Replace(r)
	a.enter()
}

// back goes one screen back; from a tab it goes home, and from home nowhere.
func (a *App) back() {
	a.leavePage()
	if !a.stack.Back() {
		if n := a.stack.Top().Name; n != nav.Cases && n != nav.More {
			return
		}
		a.stack.Push(nav.Route{Name: nav.Home})
	}
	a.enter()
}

func (a *App) leavePage() {
	if a.page.pause != nil {
		a.page.pause()
	}
}

// enter shows the page on top of the way.
func (a *App) enter() {
	if a.page.leave != nil {
		a.page.leave()
	}
	a.page, a.state, a.ready = a.pageFor(a.stack.Top()), nil, false
	a.keep()
	a.reload()
}

// reading is what one reading brought.
type reading struct {
	state  any
	banner model.Banner
	err    error
}

// reload reads the page's state off the UI's goroutine and draws it if it changed.
func (a *App) reload() {
	a.gen++
	gen, src := a.gen, a.source()
	load := a.page.load(src)
	a.spawn(func() {
		r := reading{}
		r.state, r.err = load(a.ctx)
		if st, err := src.client.Sync.Status(); err == nil {
			r.banner = model.BannerOf(src.words, st)
		}
		a.dispatch(func() { a.arrived(gen, r) })
	})
}

func (a *App) arrived(gen int, r reading) {
	if gen != a.gen || a.ctx.Err() != nil {
		return
	}
	if r.err != nil {
		a.trouble(r.err)
		return
	}
	if r.banner != a.banner {
		a.banner = r.banner
		a.frame.setBanner(a)
	}
	if a.ready && reflect.DeepEqual(r.state, a.state) {
		return
	}
	fresh := !a.ready
	a.state, a.ready = r.state, true
	a.put(a.page.draw(r.state), fresh)
}

// trouble shows that a page cannot be read. A complaint or a draft that is gone leads
// home.
func (a *App) trouble(err error) {
	top := a.stack.Top().Name
	if isGone(err) && a.stack.Depth() > 1 {
		a.stack.Push(nav.Route{Name: nav.Home})
		a.enter()
		return
	}
	if isSignedOut(err) && top != nav.Welcome {
		a.stack = nav.NewStack(nav.Route{Name: nav.Welcome})
		a.enter()
		return
	}
	acts := struct{ Back, Retry func() }{Retry: a.enter}
	if a.stack.Depth() > 1 {
		acts.Back = a.back
	}
	a.ready = false
	a.put(screen.Trouble(a.env, model.Say(a.source().words, err), acts), true)
}

// redraw draws the page again from what it read last: for what only the page knows.
func (a *App) redraw() {
	if a.ready {
		a.put(a.page.draw(a.state), false)
	}
}

// rebuild draws everything anew, after the language or the look changed.
func (a *App) rebuild() {
	a.look()
	a.keep()
	a.win.SetTitle(a.env.T("app.name"))
	a.frame = newFrame(a)
	a.win.SetContent(a.frame.root)
	a.enter()
}

// put shows a screen. The same page drawn again keeps its place.
func (a *App) put(f screen.Frame, fresh bool) {
	offset := fyne.Position{}
	if s := scrollOf(a.frame.body); s != nil && !fresh {
		offset = s.Offset
	}
	a.frame.set(a, f)
	if s := scrollOf(a.frame.body); s != nil && !fresh {
		s.ScrollToOffset(offset)
	}
}

// scrollOf finds the scrolled part of a body.
func scrollOf(o fyne.CanvasObject) *container.Scroll {
	switch v := o.(type) {
	case *container.Scroll:
		return v
	case *fyne.Container:
		for _, child := range v.Objects {
			if s := scrollOf(child); s != nil {
				return s
			}
		}
	}
	return nil
}

// frame is the window's content: bar, banner, body, foot, and above them what passes.
type frame struct {
	root   *fyne.Container
	column *fyne.Container
	body   *fyne.Container
	top    *fyne.Container
	banner *fyne.Container
	foot   *fyne.Container
	toast  *fyne.Container
	quiet  bool
}

// columnWidth is how wide a citizen's screen gets in a wide window.
const columnWidth = 680

func newFrame(a *App) frame {
	env := a.env
	f := frame{top: bidi.Stack(), banner: bidi.Stack(), body: bidi.Stack(), foot: bidi.Stack(), toast: bidi.Stack()}
	stacked := bidi.Column(env, 0, f.top, f.banner, bidi.Grow(f.body), f.foot)
	f.column = &fyne.Container{Layout: &middleColumn{most: columnWidth}, Objects: []fyne.CanvasObject{stacked}}
	ground := canvas.NewRectangle(env.Color(style.Background))
	layer := &fyne.Container{Layout: &toastLayout{}, Objects: []fyne.CanvasObject{f.toast}}
	f.root = &fyne.Container{Layout: &fillLayout{}, Objects: []fyne.CanvasObject{ground, f.column, layer}}
	return f
}

func (f *frame) set(a *App, s screen.Frame) {
	f.quiet = s.Quiet
	f.column.Layout.(*middleColumn).wide = s.Wide
	swap(f.top, s.Bar)
	swap(f.body, s.Body)
	foot := s.Foot
	if foot == nil {
		foot = a.tabs()
	}
	swap(f.foot, foot)
	f.setBanner(a)
}

func swap(c *fyne.Container, o fyne.CanvasObject) {
	c.Objects = nil
	if o != nil {
		c.Objects = []fyne.CanvasObject{o}
	}
}

func (f *frame) setBanner(a *App) {
	b := a.banner
	swap(f.banner, nil)
	if b.Kind != model.BannerNone && !f.quiet {
		state := map[model.BannerKind]ui.SyncState{model.BannerOffline: ui.Offline, model.BannerSending: ui.Sending, model.BannerNeeds: ui.SyncNeedsYou,
			model.BannerSignIn: ui.Offline, model.BannerSpace: ui.SyncNeedsYou}[b.Kind]
		swap(f.banner, ui.SyncBanner(a.env, state, b.Sentence, func() { a.open(nav.Route{Name: nav.Sync}) }))
	}
	f.column.Layout.Layout(f.column.Objects, f.column.Size())
	f.root.Refresh()
}

// tabs is the bar at the foot of the main pages; nil elsewhere.
func (a *App) tabs() fyne.CanvasObject {
	names := []nav.Name{nav.Home, nav.Cases, nav.More}
	items := []ui.NavItem{{Icon: assets.IconHome, Word: a.env.T("nav.home")}, {Icon: assets.IconCases, Word: a.env.T("nav.cases")}, {Icon: assets.IconMore, Word: a.env.T("nav.more")}}
	for i, n := range names {
		if n == a.stack.Top().Name {
			return ui.BottomBar(a.env, items, i, func(k int) { a.open(nav.Route{Name: names[k]}) })
		}
	}
	return nil
}

// toastTime is how long a toast stays and its act can be taken back.
const toastTime = 6 * time.Second

// toast tells what was done. When it goes without undo being pressed, done runs; end
// makes it go before its time.
func (a *App) toast(sentence string, undo, done func()) (end func()) {
	a.toasts++
	mine := a.toasts
	over := false
	finish := func(f func()) {
		if over {
			return
		}
		over = true
		if a.toasts == mine {
			swap(a.frame.toast, nil)
			a.frame.root.Refresh()
		}
		if f != nil {
			f()
		}
	}
	var tap func()
	if undo != nil {
		tap = func() { finish(undo) }
	}
	swap(a.frame.toast, ui.Toast(a.env, sentence, a.env.T("action.undo"), tap))
	a.frame.root.Layout.Layout(a.frame.root.Objects, a.frame.root.Size())
	a.frame.root.Refresh()
	end = func() { finish(done) }
	a.after(toastTime, end)
	return end
}

// choice is a button of a question.
type choice struct {
	word string
	icon assets.Icon
	do   func() // nil only closes
}

// question asks over the page. The first choice is the safe one, and has the keys.
func (a *App) question(title, text string, choices ...choice) {
	var pop *widget.PopUp
	items := []fyne.CanvasObject{bidi.NewParagraph(a.env, title, bidi.Text{Size: style.Section, Bold: true})}
	if text != "" {
		items = append(items, bidi.NewParagraph(a.env, text, bidi.Text{}))
	}
	for _, c := range choices {
		items = append(items, ui.Button(a.env, ui.ButtonState{Word: c.word, Icon: c.icon}, func() {
			pop.Hide()
			if c.do != nil {
				c.do()
			}
		}))
	}
	content := bidi.Column(a.env, style.Space12, items...)
	width := min(a.win.Canvas().Size().Width-2*style.Edge, 440) - 2*style.Edge
	high, most := bidi.HeightFor(content, width), a.win.Canvas().Size().Height-4*style.Edge
	sized := bidi.Sized(width, high, content)
	if high > most { // large text on a small phone
		sized = bidi.Sized(width, most, bidi.Scroll(content))
	}
	edge := canvas.NewRectangle(a.env.Color(style.Surface))
	edge.StrokeColor, edge.StrokeWidth, edge.CornerRadius = a.env.Color(style.OutlineStrong), style.LineThin, style.RadiusCard
	pop = widget.NewModalPopUp(bidi.Stack(edge, bidi.Pad(a.env, bidi.Around(style.Space16), sized)), a.win.Canvas())
	a.asking = pop
	pop.Show()
	if safe, ok := items[len(items)-len(choices)].(fyne.Focusable); ok {
		a.win.Canvas().Focus(safe)
	}
}

// fillLayout gives every object the whole window and asks for the least of a phone.
type fillLayout struct{}

// MinSize implements [fyne.Layout].
func (*fillLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 480) }

// Layout implements [fyne.Layout].
func (*fillLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objs {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(size)
	}
}

// middleColumn keeps its object in the middle of a wide window, at most so wide.
type middleColumn struct {
	most float32
	wide bool
}

// MinSize implements [fyne.Layout].
func (*middleColumn) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 480) }

// Layout implements [fyne.Layout].
func (m *middleColumn) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	w := size.Width
	if !m.wide {
		w = min(w, m.most)
	}
	for _, o := range objs {
		o.Move(fyne.NewPos((size.Width-w)/2, 0))
		o.Resize(fyne.NewSize(w, size.Height))
		if c, ok := o.(*fyne.Container); ok { // its parts changed even if its size did not
			c.Layout.Layout(c.Objects, c.Size())
		}
	}
}

// toastLayout puts the toast above the foot of the window.
type toastLayout struct{}

// MinSize implements [fyne.Layout].
func (*toastLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// footHeight is the room that the foot needs below a toast.
const footHeight = 84

// Layout implements [fyne.Layout].
func (*toastLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	w := min(size.Width, columnWidth) - 2*style.Edge
	for _, o := range objs {
		h := bidi.HeightFor(o, w)
		o.Move(fyne.NewPos((size.Width-w)/2, size.Height-h-footHeight))
		o.Resize(fyne.NewSize(w, h))
	}
}
