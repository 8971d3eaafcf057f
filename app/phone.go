package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/device"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/sdk"
)

// This file is what the app asks of a phone beside drawing. A desktop can do none of
// it, and nothing of it is then offered.

// phone is [device.Device]; tests have another.
type phone interface {
	Able() bool
	StartPhoto() (name string, err error)
	TakePhoto(name string) ([]byte, error)
	Locate() (device.Place, error)
	StopLocating()
	OpenedWith() string
	AskToNotify()
}

// deviceKeys keeps the keys where only this device can use them; nil lets the SDK keep
// them in files.
func deviceKeys(home string) sdk.KeyStore {
	if k := device.Keys(filepath.Join(home, "keys")); k != nil {
		return k
	}
	return nil
}

// front is told that the window is before the person again, and at the start.
func (a *App) front() {
	a.away = false
	if a.client == nil {
		return
	}
	a.client.Sync.Poke()
	if a.page.front != nil {
		a.page.front()
	}
	if !a.phone.Able() {
		return
	}
	address := ""
	a.act(func(context.Context) error {
		address = a.phone.OpenedWith()
		return nil
	}, func(error) { a.openAddress(address) })
}

// tell tells of news on a phone whose person does something else. It names no
// complaint: others may read over their shoulder.
func (a *App) tell(c sdk.Change) {
	if a.away && a.phone.Able() && len(c.Complaints) > 0 {
		a.fyne.SendNotification(fyne.NewNotification(a.env.T("app.name"), a.env.T("notify.news")))
	}
}

// askToNotify asks, once there is something to tell of, whether that is wanted.
func (a *App) askToNotify() {
	if a.phone.Able() {
		a.act(func(context.Context) error { a.phone.AskToNotify(); return nil }, func(error) {})
	}
}

// openAddress goes to the complaint whose receipt's QR code opened the program. Whose
// complaint it is, the page finds out; nobody signed in sees none.
func (a *App) openAddress(address string) {
	if code := trackedCode(address, a.client.Server()); code != "" && a.client.Accounts.SignedIn() {
		a.open(nav.Route{Name: nav.Case, ID: code})
	}
}

// trackedCode is the code in a tracking address of that server, "" in any other.
func trackedCode(address, server string) string {
	u, err := url.Parse(address)
	base, wrong := url.Parse(server)
	if err != nil || wrong != nil || u.Host != base.Host {
		return ""
	}
	code, ok := strings.CutPrefix(u.Path, "/track/")
	if !ok || strings.Contains(code, "/") {
		return ""
	}
	return code
}

// shoot opens the camera; the photo is fetched when the person is back.
func (p *reporting) shoot() {
	p.save()
	name := ""
	p.a.act(func(context.Context) (err error) {
		name, err = p.a.phone.StartPhoto()
		return err
	}, func(err error) {
		if err != nil {
			p.choosePhoto()
			return
		}
		p.a.prefs.Shot = name
		p.a.keep()
	})
}

// fetchShot adds the photo that the camera took meanwhile, if it took one.
func (p *reporting) fetchShot() {
	name := p.a.prefs.Shot
	if name == "" || !p.begun {
		return
	}
	p.a.prefs.Shot = ""
	p.a.keep()
	var content []byte
	p.a.act(func(context.Context) (err error) {
		content, err = p.a.phone.TakePhoto(name)
		return err
	}, func(err error) {
		if err == nil {
			p.addPhoto(io.NopCloser(bytes.NewReader(content)))
		}
	})
}

const (
	// locatePatience is how long to look for a place, and locateEvery how often.
	locatePatience = 10 * time.Second
	locateEvery    = 500 * time.Millisecond
	// freshPlace is how old a place may be to be where the person is now.
	freshPlace = 2 * time.Minute
)

// locator adds to the landmark where the phone is; nil where none can tell.
func (p *reporting) locator() func() {
	if !p.a.phone.Able() {
		return nil
	}
	return func() {
		var place device.Place
		p.a.act(func(ctx context.Context) (err error) {
			place, err = p.a.lookFor(ctx)
			return err
		}, func(err error) { p.located(place, err) })
	}
}

func (a *App) lookFor(ctx context.Context) (device.Place, error) {
	defer a.phone.StopLocating()
	ctx, cancel := context.WithTimeout(ctx, locatePatience)
	defer cancel()
	tick := time.NewTicker(locateEvery)
	defer tick.Stop()
	for {
		place, err := a.phone.Locate()
		if err == nil && a.now().Sub(place.At) < freshPlace {
			return place, nil
		}
		if err != nil && !errors.Is(err, device.ErrNothing) {
			return place, err
		}
		select {
		case <-ctx.Done():
			return place, device.ErrNothing
		case <-tick.C:
		}
	}
}

func (p *reporting) located(place device.Place, err error) {
	switch {
	case errors.Is(err, device.ErrAsked):
		p.a.toast(p.a.env.T("area.locate_again"), nil, nil)
		return
	case err != nil:
		p.a.toast(p.a.env.T("area.locate_none"), nil, nil)
		return
	}
	// The mark keeps the numbers in order within a line of Urdu.
	words := fmt.Sprintf("\u200e%.5f, %.5f (± %.0f m)", place.Latitude, place.Longitude, place.Accuracy)
	if before := strings.TrimSpace(p.report.Draft.Place); before != "" {
		words = before + " · " + words
	}
	r := p.report
	r.Draft.Place = words
	p.set(r)
}
