package identity

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// deviceWait is how long a new device that nobody approved waits for the
// complaints of before: time for the owner of a stolen number to notice.
const deviceWait = 72 * time.Hour

// DeviceInput is how a device introduces itself.
type DeviceInput struct {
	// ID is random, made on the device, 16 to 64 characters.
	ID string
	// Key is the device's secret: 32 random bytes in base64url without padding.
	// Only its hash is kept.
	Key  string
	Name string // shown in the list of devices, at most 80 characters
}

func (d DeviceInput) check() error {
	var errs []error
	if len(d.ID) < 16 || len(d.ID) > 64 || strings.ContainsFunc(d.ID, notIDChar) {
		errs = append(errs, portal.Invalid("device.id", "device_id", "a device id has 16 to 64 letters, digits, - or _"))
	}
	if raw, err := base64.RawURLEncoding.DecodeString(d.Key); err != nil || len(raw) != 32 {
		errs = append(errs, portal.Invalid("device.key", "device_key", "a device key is 32 random bytes in base64url without padding"))
	}
	if utf8.RuneCountInString(d.Name) > 80 || !utf8.ValidString(d.Name) {
		errs = append(errs, portal.Invalid("device.name", "device_name", "a device's name has at most 80 characters"))
	}
	return portal.Collect(errs...)
}

func notIDChar(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
}

// Device is one device of an account, as its owner sees it.
type Device struct {
	ID       string
	Name     string
	Current  bool
	Approved bool
	AddedAt  time.Time
	SeenAt   time.Time // of the last refresh, so about 15 minutes coarse
	// OldCasesFrom is when a device that waits sees the complaints of before;
	// zero for an approved one.
	OldCasesFrom time.Time
}

type deviceDoc struct {
	ID        string    `json:"id"`
	Account   string    `json:"account"`
	Name      string    `json:"name"`
	KeyHash   string    `json:"key_hash"`
	Approved  bool      `json:"approved"`
	AddedAt   time.Time `json:"added_at"`
	SeenAt    time.Time `json:"seen_at"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
}

// trusted devices see everything and may approve others.
func (d deviceDoc) trusted(now time.Time) bool {
	return d.RevokedAt.IsZero() && (d.Approved || !now.Before(d.AddedAt.Add(deviceWait)))
}

func (d deviceDoc) oldCasesFrom() time.Time {
	if d.Approved {
		return time.Time{}
	}
	return d.AddedAt.Add(deviceWait)
}

func deviceID(account portal.AccountID, id string) string { return string(account) + "/" + id }

func putDevice(ctx context.Context, tx store.Tx, d deviceDoc) error {
	return put(ctx, tx, kindDevice, deviceID(portal.AccountID(d.Account), d.ID), d.Account, d, time.Time{})
}

// errDeviceKey is the answer to an id that comes with another key than it was
// made with: a copy of a phone, or somebody who knows the id only.
func errDeviceKey() error {
	return portal.Invalid("device.key", "device_key_other", "this device id belongs to another key: make a new device id and key")
}

// attachDevice makes the device one of the account's. approved is set for the
// first one and after a recovery code; a known device keeps its standing, a
// removed one starts anew. fresh tells that the owner should hear of it.
func (s *Service) attachDevice(ctx context.Context, tx store.Tx, account portal.AccountID, in DeviceInput, approved bool) (d deviceDoc, fresh bool, err error) {
	now := s.now()
	d, err = get[deviceDoc](ctx, tx, kindDevice, deviceID(account, in.ID), now)
	switch {
	case errors.Is(err, store.ErrNotFound):
		d, fresh = deviceDoc{ID: in.ID, Account: string(account), KeyHash: hashToken(in.Key), AddedAt: now}, true
	case err != nil:
		return d, false, err
	case !sameHash(d.KeyHash, hashToken(in.Key)):
		return d, false, errDeviceKey()
	case !d.RevokedAt.IsZero():
		d.AddedAt, d.Approved, d.RevokedAt, fresh = now, false, time.Time{}, true
	}
	d.Approved = d.Approved || approved
	d.Name, d.SeenAt = cmp.Or(in.Name, d.Name), now
	return d, fresh, putDevice(ctx, tx, d)
}

// Devices lists a citizen's devices, oldest first; removed ones are left out.
func (s *Service) Devices(ctx context.Context, p Principal) ([]Device, error) {
	if p.Actor.Kind != portal.CitizenActor {
		return nil, portal.ErrForbidden
	}
	var out []Device
	err := s.cfg.Store.View(ctx, func(tx store.Tx) error {
		docs, err := list[deviceDoc](ctx, tx, kindDevice, string(p.Actor.Account))
		if err != nil {
			return err
		}
		sessions, err := list[sessionDoc](ctx, tx, kindSession, subjectOf(p.Actor))
		for _, d := range docs {
			if d.RevokedAt.IsZero() {
				out = append(out, Device{d.ID, d.Name, d.ID == p.Device, d.trusted(s.now()), d.AddedAt, lastSeen(d, sessions), d.oldCasesFrom()})
			}
		}
		return err
	})
	slices.SortStableFunc(out, func(a, b Device) int { return a.AddedAt.Compare(b.AddedAt) })
	return out, err
}

// lastSeen is a device's latest sign-in or refresh. Sessions know it, so that a
// refresh writes one record only.
func lastSeen(d deviceDoc, sessions []sessionDoc) time.Time {
	at := d.SeenAt
	for _, s := range sessions {
		if s.Device == d.ID && s.SeenAt.After(at) {
			at = s.SeenAt
		}
	}
	return at
}

// Approve lets another device of the citizen see everything. Only a device that
// sees everything itself may; the errors are portal.ErrForbidden and
// portal.ErrNotFound.
func (s *Service) Approve(ctx context.Context, p Principal, device string) error {
	return s.changeDevice(ctx, p, device, false, func(tx store.Tx, d deviceDoc) error {
		if d.Approved {
			return nil
		}
		d.Approved = true
		if err := putDevice(ctx, tx, d); err != nil {
			return err
		}
		return s.audit(ctx, tx, subjectOf(p.Actor), "device.approve", d.ID, "by device "+p.Device)
	})
}

// RevokeDevice removes a device and ends its sessions. A device may remove
// itself; others only a device that sees everything.
func (s *Service) RevokeDevice(ctx context.Context, p Principal, device string) error {
	return s.changeDevice(ctx, p, device, true, func(tx store.Tx, d deviceDoc) error {
		d.RevokedAt = s.now()
		if err := putDevice(ctx, tx, d); err != nil {
			return err
		}
		if err := s.endSessions(ctx, tx, subjectOf(p.Actor), d.ID, "device removed"); err != nil {
			return err
		}
		return s.audit(ctx, tx, subjectOf(p.Actor), "device.revoke", d.ID, "by device "+p.Device)
	})
}

// changeDevice runs change on one of the citizen's devices. A device that still
// waits may change at most itself, and only where self allows it.
func (s *Service) changeDevice(ctx context.Context, p Principal, device string, self bool, change func(store.Tx, deviceDoc) error) error {
	if p.Actor.Kind != portal.CitizenActor {
		return portal.ErrForbidden
	}
	defer s.cache.dropSubject(subjectOf(p.Actor))
	return s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		own, err := get[deviceDoc](ctx, tx, kindDevice, deviceID(p.Actor.Account, p.Device), s.now())
		if err != nil {
			return err
		}
		if !own.trusted(s.now()) && (!self || device != p.Device) {
			return portal.ErrForbidden
		}
		d, err := get[deviceDoc](ctx, tx, kindDevice, deviceID(p.Actor.Account, device), s.now())
		if err != nil {
			return err
		}
		if !d.RevokedAt.IsZero() {
			return portal.ErrNotFound
		}
		return change(tx, d)
	})
}

func sameHash(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
