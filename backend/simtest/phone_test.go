package simtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

var sixDigits = regexp.MustCompile(`\d{6}`)

// person is somebody with an account.
type person struct {
	name     string
	officer  bool
	cnic     string
	mobile   string
	district string
	// signedUp: the account is open, so the next sign-in is a login.
	signedUp   bool
	signedUpAt time.Time
}

// phone is a device: a folder, a clock, a way to the network, and a program
// that may be stopped at any write.
type phone struct {
	w       *world
	name    string
	dir     string
	rng     *rand.Rand
	random  *source
	link    *link
	skew    time.Duration
	version int

	client *sdk.Client
	who    *person          // signed in, nil for nobody
	people []*person        // who shares the phone
	known  map[*person]bool // has signed in here, and may have left something

	armed   atomic.Int64 // writes until the program stops; 0 is never
	running atomic.Bool
	stopped atomic.Bool

	// excused: the next sign-out has a reason that is no fault.
	excused string
	drafts  map[string]string
	// hiding: it is new to its account and does not show older complaints yet.
	hiding      bool
	hidingSince time.Time
}

func newPhone(w *world, name string, people ...*person) *phone {
	p := &phone{
		w: w, name: name, dir: filepath.Join(w.dir, "phone-"+name), rng: rand.New(newPCG(w.seed, "phone "+name)),
		random: newSource(w.seed, "random "+name), link: newLink(w, name), people: people, drafts: map[string]string{}, known: map[*person]bool{},
	}
	p.skew = time.Duration(p.rng.Int64N(int64(96*time.Hour))) - 48*time.Hour
	return p
}

func (p *phone) now() time.Time { return time.Now().Add(p.skew) }

func (p *phone) open() error {
	cfg := sdk.Config{
		Dir: p.dir, BaseURL: "https://portal.example", Transport: p.link, Now: p.now, Rand: p.random,
		Client: fmt.Sprintf("sim/%d", p.version), DeviceName: p.name,
	}
	cfg.Faults.Write = p.write
	setBug(&cfg, p.w.bug)
	p.stopped.Store(false)
	p.link.set(func(l *link) { l.dead = false })
	var err error
	p.client, err = sdk.Open(context.Background(), cfg)
	return err
}

// write is called at each durable write of the client; where a crash is due, it
// ends the goroutine that writes, so that nothing after it runs.
func (p *phone) write(what string, done bool) {
	if !p.running.Load() {
		return
	}
	if !p.stopped.Load() && (p.armed.Load() == 0 || p.armed.Add(-1) > 0) {
		return
	}
	if !p.stopped.Swap(true) {
		p.link.set(func(l *link) { l.dead = true })
		p.w.crashes.Add(1)
		p.w.tracef("%s: stops at a write (%s, done %v)", p.name, filepath.Base(what), done)
	}
	runtime.Goexit()
}

// run lets the program do something. When it stopped at a write, it is started
// anew and run reports false.
func (p *phone) run(f func()) (whole bool) {
	finished := false
	done := make(chan struct{})
	p.running.Store(true)
	go func() {
		defer close(done)
		f()
		finished = true
	}()
	<-done
	p.running.Store(false)
	if finished && !p.stopped.Load() {
		return true
	}
	p.restart()
	return false
}

// restart closes what is left of the program and opens it again.
func (p *phone) restart() {
	p.armed.Store(0)
	if err := p.client.Close(); err != nil {
		p.w.violate("%s: close: %v", p.name, err)
	}
	if err := p.open(); err != nil {
		p.w.violate("%s: does not open again: %v", p.name, err)
	}
}

// guarded makes the phone stop at one of its next writes, sometimes.
func (p *phone) maybeArm(permille int) {
	if p.rng.IntN(1000) < permille && !p.w.calm.Load() {
		p.armed.Store(int64(1 + p.rng.IntN(14)))
	}
}

// signIn opens an account or signs in to it, as often as it takes.
func (p *phone) signIn(ctx context.Context, who *person) error {
	var err error
	for range 40 {
		err = errors.New("stopped at a write")
		whole := p.run(func() { err = p.trySignIn(ctx, who) })
		if whole && err == nil {
			p.who = who
			p.known[who] = true
			p.w.tracef("%s: %s signs in", p.name, who.name)
			return nil
		}
		var e *sdk.Error
		if errors.As(err, &e) && e.RetryAfter > 0 {
			time.Sleep(e.RetryAfter)
		}
		time.Sleep(7*time.Second + time.Duration(p.rng.Int64N(int64(40*time.Second))))
	}
	return fmt.Errorf("%s cannot sign in: %w", who.name, err)
}

func (p *phone) trySignIn(ctx context.Context, who *person) error {
	if who.officer {
		code, err := totp.GenerateCode(officerSecret, time.Now())
		if err != nil {
			return err
		}
		_, err = p.client.Accounts.LoginOfficer(ctx, who.name, officerPassword, code)
		return err
	}
	var err error
	if who.signedUp {
		_, err = p.client.Accounts.Login(ctx, who.mobile)
	} else {
		_, err = p.client.Accounts.Register(ctx, sdk.Registration{CNIC: who.cnic, Mobile: who.mobile, Name: who.name, District: who.district, Language: "en"})
	}
	if err != nil {
		return err
	}
	otp, err := p.w.host.otp(who.mobile)
	if err != nil {
		return err
	}
	if _, err = p.client.Accounts.Verify(ctx, otp); err == nil {
		if !who.signedUp {
			who.signedUp, who.signedUpAt = true, time.Now()
		}
	}
	return err
}

// sync brings the phone up to date, as far as the network lets it.
func (p *phone) sync() (sdk.Result, error) {
	var res sdk.Result
	var err error
	if !p.run(func() { res, err = p.client.Sync.Now(context.Background()) }) {
		return res, errNobody
	}
	p.noticeSignOut(err)
	p.observe()
	return res, err
}

// foreground has the app open for a while.
func (p *phone) foreground(d time.Duration, meanwhile func()) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	var err error
	p.run(func() {
		done := make(chan struct{})
		finished := false
		go func() {
			defer close(done)
			err = p.client.Run(ctx)
			finished = true
		}()
		if meanwhile != nil {
			meanwhile()
		}
		<-done
		if !finished {
			runtime.Goexit()
		}
	})
	p.noticeSignOut(err)
	p.observe()
}

// noticeSignOut watches that nobody is signed out without a reason.
func (p *phone) noticeSignOut(err error) {
	if p.who == nil || p.client.Accounts.SignedIn() {
		return
	}
	if p.excused == "" && !p.who.officer {
		p.w.violate("%s: %s was signed out without a reason: %v", p.name, p.who.name, err)
	}
	p.w.tracef("%s: %s is signed out (%s)", p.name, p.who.name, p.excused)
	p.who = nil
}

// leave parks the account on a shared phone.
func (p *phone) leave(ctx context.Context) error {
	for range 10 {
		var err error
		if p.run(func() { err = p.client.Accounts.Logout(ctx, sdk.KeepSealed) }) && err == nil {
			p.w.tracef("%s: %s leaves, sealed", p.name, p.who.name)
			p.who = nil
			return nil
		} else if errors.Is(err, sdk.ErrSignedOut) {
			p.who = nil
			return nil
		}
		time.Sleep(20 * time.Second)
	}
	return fmt.Errorf("%s cannot log out", p.name)
}

// copyTo makes another phone of this one's folder, or a copy to go back to.
func (p *phone) copyTo(dir string) error {
	if err := p.client.Close(); err != nil {
		return err
	}
	if err := copyTree(p.dir, dir); err != nil {
		return err
	}
	return p.open()
}

// rollBack puts an older copy of the folder in the place of the present one.
func (p *phone) rollBack(dir string) error {
	if err := p.client.Close(); err != nil {
		return err
	}
	if err := os.RemoveAll(p.dir); err != nil {
		return err
	}
	if err := copyTree(dir, p.dir); err != nil {
		return err
	}
	p.link.forgetPlaces()
	return p.open()
}

// damage writes over the account's file, as a worn-out flash does.
func (p *phone) damage() error {
	if err := p.client.Close(); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(p.dir, "user-*.db"))
	if err != nil {
		return err
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		for i := range b {
			b[i] = 0xff
		}
		if err := os.WriteFile(f, b, 0o600); err != nil {
			return err
		}
	}
	p.link.forgetPlaces()
	return p.open()
}

// observe looks at everything on the screen and compares it with what its owner
// knows.
func (p *phone) observe() {
	if p.who == nil || p.who.officer || p.stopped.Load() {
		return
	}
	page, err := p.client.Complaints.List(context.Background(), sdk.ListOptions{Whole: true})
	if err != nil {
		if !errors.Is(err, sdk.ErrSignedOut) {
			p.w.violate("%s: list: %v", p.name, err)
		}
		return
	}
	if profile, err := p.profile(); err == nil && !profile.OldCasesFrom.IsZero() {
		p.hide(profile.OldCasesFrom.Add(-deviceWait))
	}
	shown := map[string]sdk.Complaint{}
	for _, c := range page.Complaints {
		shown[c.ID] = c
		p.w.ledger.seen(p, c)
	}
	p.w.ledger.readYourWrites(p, shown)
	drafts, err := p.client.Complaints.Drafts(context.Background())
	if err != nil {
		p.w.violate("%s: drafts: %v", p.name, err)
	}
	p.w.ledger.checkDrafts(p, drafts)
}

// deviceWait is how long a new device that nobody approved does not show what
// was filed before it: the server's rule.
const deviceWait = 72 * time.Hour

// hide notes that the phone is a new device since a moment.
func (p *phone) hide(since time.Time) {
	if !p.hiding || since.After(p.hidingSince) {
		p.hiding, p.hidingSince = true, since
	}
}

func (p *phone) complaints() []sdk.Complaint {
	page, err := p.client.Complaints.List(context.Background(), sdk.ListOptions{Whole: true})
	if err != nil {
		return nil
	}
	return page.Complaints
}

// profile is who the phone thinks is signed in.
func (p *phone) profile() (api.Profile, error) { return p.client.Accounts.Profile() }
