package identity

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

const (
	// staleAfter bounds how long a node believes its memory of a session: a
	// revocation on another node holds here after that.
	staleAfter = time.Second
	// touchEvery is how often an officer's activity is written down.
	touchEvery = 30 * time.Second
)

// Authenticate gives the principal of an access token and counts as activity of
// an officer. The error is ErrSignedOut. It runs on every request: the session
// is remembered for up to a second.
func (s *Service) Authenticate(ctx context.Context, token string) (Principal, error) {
	d, p, err := s.lookUp(ctx, token)
	if err != nil {
		return Principal{}, err
	}
	if d.Officer != "" && s.now().Sub(d.SeenAt) >= touchEvery {
		return p, s.touch(ctx, d.ID)
	}
	return p, nil
}

// AuthenticateIdle is Authenticate for requests that no person made, such as a
// long poll: an officer who has left the desk is signed out all the same.
func (s *Service) AuthenticateIdle(ctx context.Context, token string) (Principal, error) {
	_, p, err := s.lookUp(ctx, token)
	return p, err
}

func (s *Service) lookUp(ctx context.Context, token string) (sessionDoc, Principal, error) {
	id, ok := parseToken(accessToken, token)
	if !ok {
		return sessionDoc{}, Principal{}, ErrSignedOut
	}
	now := s.now()
	e, ok := s.cache.get(id, now)
	if !ok {
		var err error
		if e, err = s.loadSession(ctx, id, now); err != nil {
			return sessionDoc{}, Principal{}, err
		}
		s.cache.put(id, e)
	}
	if !e.doc.alive(now) || !e.doc.hasAccess(token, now) {
		return sessionDoc{}, Principal{}, ErrSignedOut
	}
	p, err := s.principalOf(ctx, e.doc, e.device)
	return e.doc, p, err
}

func (d sessionDoc) hasAccess(token string, now time.Time) bool {
	hash, found := hashToken(token), false
	for _, a := range d.Access {
		if sameHash(a.Hash, hash) && now.Before(a.EndsAt) {
			found = true
		}
	}
	return found
}

func (s *Service) loadSession(ctx context.Context, id string, now time.Time) (cached, error) {
	e := cached{loadedAt: now}
	err := s.cfg.Store.View(ctx, func(tx store.Tx) (err error) {
		if e.doc, err = get[sessionDoc](ctx, tx, kindSession, id, now); err != nil {
			return err
		}
		if e.doc.Account != "" {
			e.device, err = get[deviceDoc](ctx, tx, kindDevice, deviceID(e.doc.Account, e.doc.Device), now)
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return cached{}, ErrSignedOut
	}
	return e, err
}

func (s *Service) principal(ctx context.Context, d sessionDoc) (Principal, error) {
	e, err := s.loadSession(ctx, d.ID, s.now())
	if err != nil {
		return Principal{}, err
	}
	return s.principalOf(ctx, e.doc, e.device)
}

// principalOf joins the session with what holds right now: the officer's post
// comes from the directory each time, so a transfer or dismissal works at once.
func (s *Service) principalOf(ctx context.Context, d sessionDoc, dev deviceDoc) (Principal, error) {
	p := Principal{Session: d.ID, Device: d.Device, AuthenticatedAt: d.AuthAt, StepUpAt: d.StepUpAt}
	if d.Officer == "" {
		if !dev.RevokedAt.IsZero() {
			return Principal{}, ErrSignedOut
		}
		p.Actor = portal.Actor{Kind: portal.CitizenActor, Account: d.Account}
		if !dev.trusted(s.now()) {
			p.DeviceAddedAt, p.OldCasesFrom = dev.AddedAt, dev.oldCasesFrom()
		}
		return p, nil
	}
	dir := s.cfg.Directory(ctx)
	o, ok := dir.Officer(d.Officer)
	if !ok || o.Disabled {
		return Principal{}, ErrSignedOut
	}
	p.Actor = dir.OfficerActing(o, s.now())
	return p, nil
}

// touch notes an officer's activity.
func (s *Service) touch(ctx context.Context, id string) error {
	defer s.cache.drop(id)
	return s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		d, err := get[sessionDoc](ctx, tx, kindSession, id, s.now())
		if errors.Is(err, store.ErrNotFound) || err == nil && !d.alive(s.now()) {
			return ErrSignedOut
		}
		if err != nil {
			return err
		}
		d.SeenAt = s.now()
		return s.putSession(ctx, tx, d)
	})
}

// sessionCache remembers sessions for staleAfter. It is bounded: when it is
// full, any one entry goes, which costs one read later.
type sessionCache struct {
	mu  sync.Mutex
	max int
	all map[string]cached
}

type cached struct {
	doc      sessionDoc
	device   deviceDoc
	loadedAt time.Time
}

func newSessionCache(limit int) *sessionCache {
	return &sessionCache{max: limit, all: map[string]cached{}}
}

func (c *sessionCache) get(id string, now time.Time) (cached, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.all[id]
	age := now.Sub(e.loadedAt)
	return e, ok && age >= 0 && age < staleAfter
}

func (c *sessionCache) put(id string, e cached) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.all[id]; !known && len(c.all) >= c.max {
		for other := range c.all {
			delete(c.all, other)
			break
		}
	}
	c.all[id] = e
}

func (c *sessionCache) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, id)
}

// dropSubject forgets all sessions of one subject; rare, so a scan will do.
func (c *sessionCache) dropSubject(subject string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, e := range c.all {
		if e.doc.Subject == subject {
			delete(c.all, id)
		}
	}
}
