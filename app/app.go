// Package app is the program that people see: the window, the way between screens, and
// the work behind every tap.
//
// It joins what the other packages keep apart. The SDK tells what changed; a page reads
// its state off the UI's goroutine; one call on the UI's goroutine then draws it. The
// package must never know the server's rules or reach past the SDK.
//
// Start with [Run], then window.go for how a page gets on the screen; the files named
// pages_….go hold the pages.
package app

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/bidi/line"
	"github.com/citizens-portal/portal/app/device"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
)

// ID names the program to the system; it is the one of FyneApp.toml.
const ID = "io.github.citizensportal.portal"

// Config says how to run.
type Config struct {
	// Server is the portal's address. It may be empty once the folder knows it.
	Server string
	// Home is the folder of everything kept on the device; "" is the system's place
	// for this program.
	Home string
	// Version is shown to people and told to the server.
	Version string
	// Demo, when set, offers the made-up people of a demonstration.
	Demo *Demo
	// TreeFile, when set, gets what can be tapped and where, as JSON after every
	// drawing: for scripts that drive the window. Release builds ignore it.
	TreeFile string
	// Width and Height of the window on desktops; 0 is the shape of a phone.
	Width, Height float32
}

// Demo is what a demonstration knows about its made-up people.
type Demo struct {
	People []DemoPerson
	// OTP waits for the SMS to a number that was sent after a moment and gives its
	// code.
	OTP func(ctx context.Context, mobile string, after time.Time) (string, error)
}

// DemoPerson is one of them. A citizen has a number, an officer a password.
type DemoPerson struct {
	Name     string // signs in with it
	Label    string // for people
	Role     string // citizen, or an officer's post
	Mobile   string
	PIN      string // allows a new phone of theirs
	Password string
	TOTP     func(now time.Time) (string, error)
}

// App is the running program. All its fields belong to the UI's goroutine.
type App struct {
	cfg    Config
	fyne   fyne.App
	win    fyne.Window
	client *sdk.Client
	ctx    context.Context // of the whole run; background work ends with it

	words *i18n.Catalogue
	faces *line.Faces
	env   bidi.Env
	prefs *settings

	stack  nav.Stack
	page   page
	state  any // what the page was drawn from
	ready  bool
	banner model.Banner
	gen    int // counts readings, so that an older one never replaces a newer
	frame  frame
	toasts int
	asking *widget.PopUp // the question over the page, if any
	// fillOTP is told the code of a demonstration's SMS, on the page that asks for it.
	fillOTP func(code string)

	opened  chan *sdk.Client // on its way from the folder
	wait    time.Duration    // for another window to let go of the folder
	failure error            // why the folder could not be opened
	follow  sync.WaitGroup   // what runs as long as the client is open
	ending  atomic.Bool      // nothing is drawn any more

	phone phone
	away  bool // behind another program

	// How work leaves and reaches the UI's goroutine; tests run both inline.
	work     sync.WaitGroup // under way off the UI's goroutine
	spawn    func(func())
	dispatch func(func())
	after    func(d time.Duration, f func()) (stop func())
	now      func() time.Time
	pick     func(chosen func(io.ReadCloser)) // asks for a picture
	save     func(name string, content []byte, saved string)
}

// goMemory is what Go's part of the program should keep to, in bytes: a long list leaves
// much behind, and a phone ends programs that are large. It is a wish, not a wall.
const goMemory = 64 << 20

// Run opens the window and returns when it is closed. What stands in the way of opening
// the folder is said in the window, and returned when it stayed so.
func Run(ctx context.Context, cfg Config) error {
	debug.SetMemoryLimit(goMemory)
	fa := fyneapp.NewWithID(ID)
	if cfg.Home == "" {
		cfg.Home = filepath.Join(fa.Storage().RootURI().Path(), "portal")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a, err := newApp(ctx, cfg, fa, nil)
	if err != nil {
		return err
	}
	defer a.watchClosing()()
	a.start()
	a.win.ShowAndRun()
	return a.close(cancel)
}

func deviceName() string {
	if host, err := os.Hostname(); err == nil && host != "" && !fyne.CurrentDevice().IsMobile() {
		return host
	}
	return ""
}

// newApp makes the program on a Fyne app. Without a client it opens its folder itself.
func newApp(ctx context.Context, cfg Config, fa fyne.App, client *sdk.Client) (*App, error) {
	words, err := i18n.Load(assets.Translations)
	if err != nil {
		return nil, err
	}
	faces, err := bidi.NewFaces()
	if err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, fyne: fa, client: client, ctx: ctx, words: words, faces: faces, prefs: readSettings(cfg.Home), phone: device.Device{}, now: time.Now}
	a.spawn = func(f func()) { a.work.Go(f) }
	a.opened, a.wait = make(chan *sdk.Client, 1), openPatience
	a.dispatch, a.pick, a.save = a.onUI, a.pickPhoto, a.saveFile
	a.after = func(d time.Duration, f func()) func() {
		t := time.AfterFunc(d, func() { a.dispatch(f) })
		return func() { t.Stop() }
	}
	fa.SetIcon(fyne.NewStaticResource("icon.png", assets.AppIcon()))
	a.look()
	return a, nil
}

// look makes the theme and the language anew from the settings.
func (a *App) look() {
	dark := a.prefs.Brightness == screen.BrightnessDark
	if a.prefs.Brightness == screen.BrightnessSystem {
		dark = a.fyne.Settings().ThemeVariant() == 0 // fyne's theme.VariantDark
	}
	th := style.New(dark, max(a.prefs.Scale, style.Scale100))
	a.env = bidi.NewEnv(a.lang(), a.words, th, a.faces)
	a.fyne.Settings().SetTheme(th)
}

func (a *App) lang() i18n.Lang {
	if a.prefs.Lang == "" {
		return i18n.English
	}
	return a.prefs.Lang
}

// start shows the window where the person left off.
func (a *App) start() {
	a.win = a.fyne.NewWindow(a.env.T("app.name"))
	a.win.SetPadded(false)
	w, h := a.cfg.Width, a.cfg.Height
	if w == 0 {
		w, h = 420, 780
	}
	a.win.Resize(fyne.NewSize(w, h))
	a.frame = newFrame(a)
	a.win.SetContent(a.frame.root)
	a.win.Canvas().SetOnTypedKey(a.typedKey)
	a.fyne.Lifecycle().SetOnExitedForeground(a.pause)
	a.fyne.Lifecycle().SetOnEnteredForeground(a.front)
	a.win.SetOnClosed(a.end)
	a.watchTree()
	if a.client == nil {
		a.openFolder()
		return
	}
	a.begin()
}

// typedKey follows a key that no part of the page wants. Going back first closes a
// question over the page, which is what its safe choice does.
func (a *App) typedKey(k *fyne.KeyEvent) {
	back := k.Name == fyne.KeyEscape || k.Name == "Back" // Android's Back
	switch asked := a.asking != nil && a.asking.Visible(); {
	case asked && back:
		a.asking.Hide()
	case asked:
	case a.page.key != nil && a.page.key(k):
	case back && a.client != nil:
		a.back()
	}
}

// begin shows the first page.
func (a *App) begin() {
	a.stack = a.firstWay()
	a.enter()
	a.front()
}

// pause keeps everything for the case that the program is not there when the person
// comes back.
func (a *App) pause() {
	a.away = true
	if a.page.pause != nil {
		a.page.pause()
	}
	if a.client != nil {
		a.keep()
	}
}

// keep writes settings and the way to the disk.
func (a *App) keep() {
	a.prefs.Way = a.stack
	a.prefs.write(a.cfg.Home)
}

// firstWay is where to begin: where the person was, as far as that still makes sense.
func (a *App) firstWay() nav.Stack {
	profile, err := a.client.Accounts.Profile()
	switch {
	case a.prefs.Lang == "":
		return nav.NewStack(nav.Route{Name: nav.Language})
	case err != nil:
		if _, waiting := a.client.Accounts.Awaiting(); waiting && a.prefs.Way.Top().Name == nav.OTP {
			return a.prefs.Way
		}
		return nav.NewStack(nav.Route{Name: nav.Welcome})
	case profile.Kind == kindOfficer:
		return nav.NewStack(nav.Route{Name: nav.Desk})
	}
	switch a.prefs.Way.Top().Name {
	case "", nav.Language, nav.Welcome, nav.Register, nav.SignIn, nav.OTP, nav.Officer, nav.Desk:
		return nav.NewStack(nav.Route{Name: nav.Home})
	}
	return a.prefs.Way
}

const kindOfficer = "officer"

// changed follows a batch of changes of the SDK with one reading.
func (a *App) changed(c sdk.Change) {
	a.reload()
	a.tell(c)
}
