package sdk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/remote"
	"github.com/citizens-portal/portal/sdk/verify"
)

// ErrLog says that the portal's transparency log was caught showing something that
// cannot be true beside what it signed before: its history was changed, or
// different people are shown different ones. *LogError has the evidence.
var ErrLog = errors.New("the portal's public log was changed")

// LogError is an ErrLog with the evidence: two texts with the log's signature.
type LogError struct {
	Reason string    `json:"reason"`
	Kept   string    `json:"kept"`  // what this device had seen
	Shown  string    `json:"shown"` // what it was shown later
	At     time.Time `json:"at"`
}

func (e *LogError) Error() string { return ErrLog.Error() + ": " + e.Reason }

// Unwrap makes every LogError an ErrLog.
func (e *LogError) Unwrap() error { return ErrLog }

// LogStatus is where this device's watch over the log stands.
type LogStatus struct {
	// CheckedAt is when the log last proved that it only grew; Size is how many
	// entries it had.
	CheckedAt time.Time `json:"checked_at,omitzero"`
	Size      int64     `json:"size,omitempty"`
	// Alarm, once set, stays: people should see it, and others be told.
	Alarm *LogError `json:"alarm,omitempty"`
	// Restores are restores from a backup that this device has seen.
	Restores []LogRestore `json:"restores,omitempty"`
}

// LogRestore is one restore of the server from a backup, which its log signed
// for.
type LogRestore = local.LogRestore

// logEvery is how often growth is asked for; logRetry how long the log is left
// alone between questions.
const (
	logEvery = 24 * time.Hour
	logRetry = time.Hour
)

// logbook watches the log: it remembers the largest checkpoint and holds every
// later one to it.
type logbook struct {
	c *Client
	// mu makes fetching and comparing one step, so that an older answer never
	// looks like a log that went back.
	mu sync.Mutex
}

// follow asks for growth once a day, and once an hour for the proofs of the
// owner's complaints that changed. That it cannot is no failure of a sync.
func (l *logbook) follow(ctx context.Context) {
	if l.c.remote == nil {
		return
	}
	due, daily, err := l.due()
	if err != nil || !due {
		return
	}
	if daily && l.grown(ctx) != nil {
		return
	}
	for _, id := range l.unproved() {
		if _, err := l.proof(ctx, id); err != nil {
			return
		}
	}
}

// due reports whether it is time to ask for proofs that are missing, and daily
// whether for growth too; it notes that it is being done.
func (l *logbook) due() (due, daily bool, err error) {
	st, err := l.state()
	now := l.c.cfg.Now()
	if err != nil || now.Sub(st.TriedAt) < logRetry {
		return false, false, err
	}
	err = l.c.update(func(tx *local.Tx) error {
		if st, err = tx.Log(); err != nil {
			return err
		}
		daily = now.Sub(st.CheckedAt) >= logEvery
		st.TriedAt = now
		return tx.PutLog(st)
	})
	return true, daily, err
}

// grown fetches the newest checkpoint and holds it to what is known.
func (l *logbook) grown(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var signed string
	err := l.c.reach(func(r *remote.Client) (err error) {
		signed, err = r.Checkpoint(ctx)
		return err
	})
	if err != nil {
		return err
	}
	_, err = l.observe(ctx, signed, false)
	return err
}

// unproved lists the owner's complaints whose kept proof is not of their
// newest event.
func (l *logbook) unproved() (ids []string) {
	// What cannot be read now is asked for another day.
	_ = l.c.view(func(tx *local.Tx) error {
		return tx.ListCases("", func(_ string, c local.Case) (bool, error) {
			r, own, err := tx.Receipt(c.Complaint.ID)
			if err != nil || !own || r.Receipt == "" {
				return true, err
			}
			p, _, err := tx.Proof(c.Complaint.ID)
			if int64(len(p.Events)) < c.Complaint.Version || waits(p) {
				ids = append(ids, c.Complaint.ID)
			}
			return true, err
		})
	})
	return ids
}

func waits(p verify.Proof) bool {
	return slices.ContainsFunc(p.Events, func(e verify.EventProof) bool { return e.Position < 0 })
}

// proof fetches, checks and keeps a complaint's proof.
func (l *logbook) proof(ctx context.Context, id string) (p verify.Proof, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err = l.c.authed(ctx, func(r *remote.Client, token string) error {
		p, err = r.Proof(ctx, token, id, l.c.cfg.WitnessQuorum)
		return err
	})
	if err != nil {
		return p, err
	}
	if _, err := l.observe(ctx, p.Checkpoint, l.c.cfg.WitnessQuorum > 0); err != nil {
		return p, err
	}
	if p.Case != id {
		return p, &Error{Kind: ErrServer, Cause: fmt.Errorf("asked for the proof of %s, it answered with that of %q", id, p.Case)}
	}
	return p, l.c.update(func(tx *local.Tx) error { return tx.PutProof(p) })
}

// state reads what is known of the log.
func (l *logbook) state() (st local.LogState, err error) {
	err = l.c.view(func(tx *local.Tx) error {
		st, err = tx.Log()
		return err
	})
	return st, err
}

// keys gives the keys to trust: those of Config, else those of first sight.
func (l *logbook) keys(st local.LogState) (verify.Keys, error) {
	if len(l.c.cfg.LogKeys) > 0 {
		return verify.ParseKeys(l.c.cfg.LogKeys, l.c.cfg.Witnesses)
	}
	return verify.ParseKeys(st.Keys, l.c.cfg.Witnesses)
}

// observe holds a signed checkpoint to the largest one known, and keeps it when
// it is larger. older allows one from before: of a proof against what witnesses
// have signed.
func (l *logbook) observe(ctx context.Context, signed string, older bool) (verify.Checkpoint, error) {
	st, err := l.state()
	if err != nil {
		return verify.Checkpoint{}, err
	}
	if st.Alarm != nil {
		return verify.Checkpoint{}, alarmed(*st.Alarm)
	}
	if len(st.Keys) == 0 && len(l.c.cfg.LogKeys) == 0 {
		info, err := l.info(ctx)
		if err != nil {
			return verify.Checkpoint{}, err
		}
		st.Keys = info.Keys
	}
	keys, err := l.keys(st)
	if err != nil {
		return verify.Checkpoint{}, err
	}
	got, err := keys.Open(signed)
	switch {
	case err != nil && !errors.Is(err, verify.ErrUnsigned):
		return got, &Error{Kind: ErrServer, Cause: err}
	case err != nil:
		return got, l.alarm(st, "a checkpoint is not signed by the key this device knows", signed)
	}
	for _, k := range got.Keys {
		if !slices.Contains(st.Keys, k) {
			st.Keys = append(st.Keys, k)
		}
	}
	if st.Checkpoint == "" {
		return got, l.keep(st, got)
	}
	known, err := keys.Open(st.Checkpoint)
	if err != nil {
		return got, l.alarm(st, "the log's key is another than before", signed)
	}
	return got, l.compare(ctx, st, known, got, older)
}

func (l *logbook) info(ctx context.Context) (info api.LogInfo, err error) {
	err = l.c.reach(func(r *remote.Client) error {
		info, err = r.Log(ctx)
		return err
	})
	return info, err
}

// compare decides between growth, a restore and a log that broke its word.
func (l *logbook) compare(ctx context.Context, st local.LogState, known, got verify.Checkpoint, older bool) error {
	if known.Log != got.Log {
		return l.alarm(st, "it is another log than before", got.Note)
	}
	if known.Epoch != got.Epoch {
		if older {
			return nil // of before a restore that is known already
		}
		return l.restored(ctx, st, known, got)
	}
	small, large := known, got
	if got.Size < known.Size {
		if !older {
			return l.alarm(st, fmt.Sprintf("the log went back from %d to %d entries", known.Size, got.Size), got.Note)
		}
		small, large = got, known
	}
	proved, err := l.consistent(ctx, small, large)
	switch {
	case err != nil:
		return err
	case !proved:
		return l.alarm(st, fmt.Sprintf("its %d entries of %s are not among the %d it shows now", small.Size, verify.Time(small.At), large.Size), got.Note)
	case got.Size < known.Size:
		return nil
	}
	return l.keep(st, got)
}

// consistent asks for the proof that one tree grew into the other. That the
// server says it has none is an answer too.
func (l *logbook) consistent(ctx context.Context, small, large verify.Checkpoint) (bool, error) {
	if small.Size == 0 || small.Size == large.Size {
		return verify.Consistent(small, large, nil), nil
	}
	var proof []verify.Hash
	err := l.c.reach(func(r *remote.Client) (err error) {
		proof, err = r.Consistency(ctx, small.Size, large.Size)
		return err
	})
	if errors.Is(err, ErrInvalid) || errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && verify.Consistent(small, large, proof), err
}

// restored follows the log into a new epoch. What it signs for as lost is
// shown, and everything that should still be there has to be.
func (l *logbook) restored(ctx context.Context, st local.LogState, known, got verify.Checkpoint) error {
	info, err := l.info(ctx)
	if err != nil {
		return err
	}
	keys, err := l.keys(st)
	if err != nil {
		return err
	}
	restore := local.LogRestore{At: got.At, Lost: -1}
	for _, text := range info.Epochs {
		first, err := keys.Open(text)
		if err != nil || first.Previous == nil {
			return l.alarm(st, "it does not sign for the restore it claims", text)
		}
		if first.Previous.Epoch != known.Epoch {
			continue
		}
		restore = local.LogRestore{At: first.At, Lost: max(known.Size-first.Previous.Size, 0)}
	}
	if restore.Lost == 0 {
		proved, err := l.consistent(ctx, known, got)
		if err != nil {
			return err
		}
		if !proved {
			return l.alarm(st, "after the restore its entries of before are not all there", got.Note)
		}
	}
	st.Restores = append(st.Restores, restore)
	return l.keep(st, got)
}

func (l *logbook) keep(st local.LogState, got verify.Checkpoint) error {
	return l.c.update(func(tx *local.Tx) error {
		st.Checkpoint, st.CheckedAt = got.Note, tx.Now()
		return tx.PutLog(st)
	})
}

// alarm keeps the evidence for good.
func (l *logbook) alarm(st local.LogState, reason, shown string) error {
	alarm := local.LogAlarm{Reason: reason, Kept: st.Checkpoint, Shown: shown}
	err := l.c.update(func(tx *local.Tx) error {
		alarm.At = tx.Now()
		st.Alarm = &alarm
		return tx.PutLog(st)
	})
	l.c.changes.send(Change{Sync: true})
	return errors.Join(alarmed(alarm), err)
}

func alarmed(a local.LogAlarm) *LogError { return (*LogError)(&a) }

// status tells where the watch stands.
func (l *logbook) status(tx *local.Tx) (LogStatus, error) {
	st, err := tx.Log()
	out := LogStatus{CheckedAt: st.CheckedAt, Restores: st.Restores}
	if st.Alarm != nil {
		out.Alarm = alarmed(*st.Alarm)
	}
	if keys, keyErr := l.keys(st); keyErr == nil {
		if c, openErr := keys.Open(st.Checkpoint); openErr == nil {
			out.Size = c.Size
		}
	}
	return out, err
}
