package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/citizens-portal/portal/backend/admin"
	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/escalation"
	"github.com/citizens-portal/portal/backend/feed"
	"github.com/citizens-portal/portal/backend/httpapi"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/identity/sms"
	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/media"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/seed"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/postgres"
	"github.com/citizens-portal/portal/backend/store/sqlite"
	"github.com/citizens-portal/portal/backend/transparency"
)

// Backend is everything but the network: the open store and the use cases over
// it. Commands that work beside no server use it directly.
type Backend struct {
	Config
	Store     store.Store
	Keys      *keys.Ring
	Directory *directory.Service
	Identity  *identity.Service
	People    *admin.Service
	Lifecycle *lifecycle.Service
	Sweeper   *escalation.Service
	SMS       *sms.Queue
	Media     *media.Service
	// Transparency is the log of all events.
	Transparency *transparency.Log
	hub          *httpapi.Hub
}

// StoreFile is the embedded store's file inside DataDir.
const StoreFile = "portal.db"

// Kind and ids of the store's own facts.
const (
	kindMeta  = "meta"
	metaEpoch = "epoch"
	metaMode  = "mode"
	// metaTrimmed is when feeds were last trimmed.
	metaTrimmed = "trimmed"
	modeDemo    = "demo"
)

// Open opens the store, seeds an empty one with the province's directory (and
// the demonstration, if asked for), and wires the use cases. Close it.
func Open(ctx context.Context, c Config) (*Backend, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := checkFolder(c.DataDir); err != nil {
		return nil, err
	}
	s, err := openStore(ctx, c, false)
	if err != nil {
		return nil, err
	}
	if c.Wrap != nil {
		s = c.Wrap(s)
	}
	b := &Backend{Config: c, Store: s, hub: httpapi.NewHub()}
	s.OnPublish(b.hub.Wake)
	if err := b.wire(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return b, nil
}

// checkFolder refuses a data folder that everybody may write to: they could put
// files of their own in the place of the keys and the store.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o002 != 0 && runtime.GOOS != "windows" { // which has no such bits
		return portal.Invalid("data", "folder_open", "everybody on this machine may write to %s (mode %04o): chmod 700 %s", dir, mode, dir)
	}
	return nil
}

func openStore(ctx context.Context, c Config, readOnly bool) (store.Store, error) {
	if c.DSN != "" {
		return postgres.Open(ctx, postgres.Config{DSN: c.DSN})
	}
	s, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(c.DataDir, StoreFile), ReadOnly: readOnly})
	if errors.Is(err, sqlite.ErrLocked) {
		return nil, fmt.Errorf("data folder %s: %w", c.DataDir, ErrLive)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (b *Backend) wire(ctx context.Context) error {
	var err error
	if b.Keys, err = keys.Open(b.DataDir, b.KeysFile); err != nil {
		return err
	}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	if b.Directory, err = directory.New(ctx, b.Store, b.Now); err != nil {
		return err
	}
	gateway, err := b.gateway()
	if err != nil {
		return err
	}
	b.SMS = sms.NewQueue(sms.QueueConfig{Store: b.Store, Keys: b.Keys, Gateway: gateway, Now: b.Now, Log: b.Log})
	b.Identity = identity.New(identity.Config{Store: b.Store, Keys: b.Keys, SMS: b.SMS, Directory: b.Directory.Current, Now: b.Now, Rand: b.Rand})
	b.People = &admin.Service{Store: b.Store, Directory: b.Directory, Identity: b.Identity, Now: b.Now, Changed: func(ctx context.Context) error { return b.Sweeper.Settle(ctx) }}
	if err := identity.CheckKeys(ctx, b.Store, b.Keys); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	b.Lifecycle = lifecycle.New(lifecycle.Config{Store: b.Store, Directory: b.Directory.Current, Keys: b.Keys, Notify: b.notify, PerDay: b.ComplaintsPerDay, Now: b.Now, Rand: b.Rand, CodeSource: b.codeSource})
	if err := b.wireMedia(ctx); err != nil {
		return err
	}
	if b.Transparency, err = b.transparencyLog(b.Store, b.Keys); err != nil {
		return err
	}
	b.Sweeper = escalation.New(b.Store, b.Directory.Current, b.Lifecycle.Recorder, b.Now)
	if b.Demo {
		return b.seedDemo(ctx)
	}
	return nil
}

// gateway is the way to send SMS that the configuration names; nil for none.
func (b *Backend) gateway() (sms.Gateway, error) {
	switch {
	case b.SMSFile != "":
		return sms.OpenFile(b.SMSFile, b.Now)
	case b.SMSConfig != "":
		raw, err := os.ReadFile(b.SMSConfig)
		if err != nil {
			return nil, fmt.Errorf("SMS configuration: %w", err)
		}
		cfg, err := sms.ParseHTTP(raw)
		if err != nil {
			return nil, err
		}
		return sms.NewHTTP(cfg, nil)
	}
	return nil, nil
}

// prepare gives a new store its epoch and directory.
func (b *Backend) prepare(ctx context.Context) error {
	return b.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.Lock(ctx, kindMeta+"/"+metaEpoch); err != nil {
			return err
		}
		switch _, err := tx.Record(ctx, kindMeta, metaEpoch); {
		case err == nil:
			return nil
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		if err := newEpoch(ctx, tx, b.Rand); err != nil {
			return err
		}
		mode := "live"
		if b.Demo {
			mode = modeDemo
		}
		if err := tx.PutRecord(ctx, store.Record{Kind: kindMeta, ID: metaMode, Doc: []byte(mode)}); err != nil {
			return err
		}
		return directory.Put(ctx, tx, seed.KP())
	})
}

// newEpoch starts a new life of the data: devices then offer again what they
// keep, because what the server knew may be older than what they were told.
func newEpoch(ctx context.Context, tx store.Tx, random io.Reader) error {
	b := make([]byte, 12)
	if _, err := io.ReadFull(random, b); err != nil {
		return err
	}
	return tx.PutRecord(ctx, store.Record{Kind: kindMeta, ID: metaEpoch, Doc: []byte(hex.EncodeToString(b))})
}

// Epoch names the present life of the data.
func (b *Backend) Epoch(ctx context.Context) (string, error) { return b.meta(ctx, metaEpoch) }

func (b *Backend) meta(ctx context.Context, id string) (string, error) {
	var out string
	err := b.Store.View(ctx, func(tx store.Tx) error {
		r, err := tx.Record(ctx, kindMeta, id)
		out = string(r.Doc)
		return err
	})
	return out, err
}

// notify queues the SMS that goes with a decision: its code, never its content.
func (b *Backend) notify(ctx context.Context, tx store.Tx, account portal.AccountID, action portal.Action, code portal.Code) error {
	return b.Identity.Notify(ctx, tx, account, notice(action, code))
}

// codeSource makes the code of a case follow from its id and this server's key.
func (b *Backend) codeSource(caseID string) io.Reader {
	sum := sha256.Sum256([]byte(b.Keys.BlindIndex("complaint code", caseID)))
	return io.MultiReader(bytes.NewReader(sum[:]), b.Rand)
}

// Escalate moves up what is due at asOf. A moment in the future is for
// demonstration and test stores only.
func (b *Backend) Escalate(ctx context.Context, asOf time.Time, dryRun bool) ([]escalation.Move, error) {
	if err := b.checkAsOf(ctx, asOf); err != nil {
		return nil, err
	}
	if dryRun {
		return b.Sweeper.Plan(ctx, asOf)
	}
	return b.Sweeper.Escalate(ctx, asOf)
}

// Swept is what a sweep did.
type Swept struct {
	Escalated []escalation.Move   `json:"escalated"`
	Silent    []escalation.Closed `json:"closed_silent"`
	Expired   int                 `json:"expired"`
	// Trimmed counts feed entries older than are kept, once a day.
	Trimmed int `json:"trimmed"`
}

// Sweep does all timed work due at asOf: escalation, silent closure, expiry.
func (b *Backend) Sweep(ctx context.Context, asOf time.Time) (Swept, error) {
	if err := b.checkAsOf(ctx, asOf); err != nil {
		return Swept{}, err
	}
	var out Swept
	var err error
	if out.Escalated, err = b.Sweeper.Escalate(ctx, asOf); err != nil {
		return out, err
	}
	if out.Silent, err = b.Sweeper.Silence(ctx, asOf); err != nil {
		return out, err
	}
	if out.Expired, err = b.expire(ctx); err != nil {
		return out, err
	}
	if out.Trimmed, err = b.trimFeeds(ctx); err != nil {
		return out, err
	}
	// Files' ages are by the file system's clock.
	forgotten, err := b.Media.Sweep(ctx, time.Now())
	out.Expired += forgotten
	return out, err
}

// trimEvery is how often feeds are looked through for what is no longer kept.
const trimEvery = 24 * time.Hour

// trimFeeds deletes old feed entries, once a day whoever of several nodes comes
// first, by the real clock as expire.
func (b *Backend) trimFeeds(ctx context.Context) (int, error) {
	now, mine := b.Now(), false
	err := b.Store.Update(ctx, func(tx store.Tx) error {
		mine = false
		r, err := tx.Record(ctx, kindMeta, metaTrimmed)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		var last time.Time
		if err == nil {
			if last, err = time.Parse(time.RFC3339, string(r.Doc)); err != nil {
				return fmt.Errorf("when feeds were trimmed last: %w", err)
			}
		}
		if since := now.Sub(last); since >= 0 && since < trimEvery {
			return nil
		}
		mine = true
		return tx.PutRecord(ctx, store.Record{Kind: kindMeta, ID: metaTrimmed, Doc: now.UTC().AppendFormat(nil, time.RFC3339)})
	})
	if err != nil || !mine {
		return 0, err
	}
	return feed.Trim(ctx, b.Store, b.Keep, now)
}

// expire forgets what is past its time by the real clock, never by asOf: a
// demonstration of day 22 must not sign everybody out.
func (b *Backend) expire(ctx context.Context) (int, error) {
	const batch = 500
	total := 0
	for {
		n := 0
		err := b.Store.Update(ctx, func(tx store.Tx) error {
			var err error
			n, err = tx.Expire(ctx, b.Now(), batch)
			return err
		})
		total += n
		if err != nil || n < batch {
			return total, err
		}
	}
}

func (b *Backend) checkAsOf(ctx context.Context, asOf time.Time) error {
	if !asOf.After(b.Now()) {
		return nil
	}
	mode, err := b.meta(ctx, metaMode)
	if err != nil {
		return err
	}
	if mode != modeDemo {
		return fmt.Errorf("--as-of in the future is for a demonstration store only: %w", portal.ErrForbidden)
	}
	return nil
}

// Check recounts the whole store, and the files with it, and lists what does
// not agree.
func (b *Backend) Check(ctx context.Context) ([]string, error) {
	found, err := b.Store.Check(ctx, store.Expect{Timers: func(c portal.Case) store.Timers { return lifecycle.Timers(b.Directory.Current(ctx), c) }})
	if err != nil {
		return found, err
	}
	files, err := media.Check(ctx, b.Store, b.Media.Blobs)
	if found = append(found, files...); err != nil {
		return found, err
	}
	entries, err := b.Transparency.Check(ctx)
	return append(found, entries...), err
}

// Close releases the store.
func (b *Backend) Close() error { return b.Store.Close() }

// API is the HTTP interface over this backend, with routes of the operator's.
func (b *Backend) API(observe func(route string, status int, took time.Duration), operator map[string]http.Handler) (*httpapi.API, error) {
	c := httpapi.Config{
		Store: b.Store, Identity: b.Identity, People: b.People, Lifecycle: b.Lifecycle, Directory: b.Directory.Current,
		Pseudonym: func(a portal.AccountID) string { return b.Keys.Pseudonym(string(a)) },
		Epoch:     b.Epoch, Now: b.Now, Hub: b.hub, Media: b.Media, Transparency: b.Transparency, Log: b.Log, Observe: observe, Operator: operator, Version: b.Version,
	}
	if b.TrustedProxy != "" {
		trust, err := httpapi.TrustCIDR(b.TrustedProxy)
		if err != nil {
			return nil, portal.Invalid("trusted-proxy", "cidr", "%s", err)
		}
		c.TrustForwarded = trust
	}
	return httpapi.New(c), nil
}

// logger is the log with the backend's name, for the parts that run in the
// background.
func (b *Backend) logger(part string) *slog.Logger { return b.Log.With(slog.String("part", part)) }
