package sdk

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/remote"
)

// Anonymous files complaints without an account. Each has a receipt of 128 random
// bits that is made here and is the only way back to it: whoever holds it may
// read, write, confirm and reject, and nobody can find it again when it is lost.
//
// Requests carry no session and no device, on a connection of their own. The
// server, and everybody between, still sees the network address and the time;
// what is written may tell who wrote it; and until Forget is called this device
// holds the receipt.
type Anonymous struct {
	c    *Client
	send sync.Mutex
	wake chan struct{} // there is something to send
}

// AnonymousComplaint is one of them as this device knows it.
type AnonymousComplaint struct {
	api.Complaint
	// Receipt is to be written on paper.
	Receipt string      `json:"receipt"`
	Events  []api.Event `json:"events,omitempty"`
	// Waiting are acts that the server has not received yet.
	Waiting int `json:"waiting,omitempty"`
	// Problem is the server's no to the oldest of them.
	Problem *api.Problem `json:"problem,omitempty"`
	// Track is the address of the tracking page; it shows status and dates and
	// lets nobody act.
	Track string `json:"track,omitempty"`
}

var receiptForm = base32.StdEncoding.WithPadding(base32.NoPadding)

// writeReceipt writes a receipt for paper: 26 letters and digits in groups.
func writeReceipt(wire string) string {
	raw, _ := base64.RawURLEncoding.DecodeString(wire) // it is ours
	text := receiptForm.EncodeToString(raw)
	var groups []string
	for len(text) > 5 {
		groups, text = append(groups, text[:5]), text[5:]
	}
	return strings.Join(append(groups, text), "-")
}

// readReceipt takes a receipt as people type it, with digits for the letters
// they look like.
func readReceipt(typed string) (string, error) {
	text := strings.NewReplacer("-", "", " ", "", "0", "O", "1", "I", "8", "B").Replace(strings.ToUpper(strings.TrimSpace(typed)))
	raw, err := receiptForm.DecodeString(text)
	if err != nil || len(raw) != 16 {
		return "", invalid(field("receipt", "receipt_shape", "a receipt has 26 letters and digits"))
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// trackingSecret is what the tracking page asks for. It follows from the receipt,
// and the receipt does not follow from it.
func trackingSecret(wire string) []byte {
	raw, _ := base64.RawURLEncoding.DecodeString(wire) // it is ours
	sum := sha256.Sum256(append([]byte("portal tracking secret\x00"), raw...))
	return sum[:16]
}

// Lodge files a draft without an account: it is checked and saved on this device
// with its receipt, and the draft it came from, if saved, is removed. Client.Run
// or Send brings it to the server.
func (s *Anonymous) Lodge(ctx context.Context, d Draft) (AnonymousComplaint, error) {
	s.c.Directory.ensure(ctx)
	if len(d.Files) > 0 {
		return AnonymousComplaint{}, invalid(field("files", "files_anonymous", "without a name no files can go with it: a picture can tell who took it"))
	}
	if err := s.c.Complaints.check(d); err != nil {
		return AnonymousComplaint{}, err
	}
	raw := make([]byte, 16)
	if _, err := io.ReadFull(s.c.rand, raw); err != nil {
		return AnonymousComplaint{}, fmt.Errorf("receipt: %w", err)
	}
	receipt := base64.RawURLEncoding.EncodeToString(raw)
	made, err := s.c.Complaints.lodging(d, trackingSecret(receipt))
	if err != nil {
		return AnonymousComplaint{}, err
	}
	n := local.Nameless{Receipt: receipt, Complaint: made.held.Complaint}
	n.Complaint.Anonymous = true
	s.enqueue(&n, made.op.Operation)
	_, err = s.c.home.ChangeNameless(func(list []local.Nameless) ([]local.Nameless, error) { return append(list, n), nil })
	if err != nil {
		return AnonymousComplaint{}, err
	}
	s.moved()
	s.poke()
	if d.ID != "" {
		// It lies in the account's own file, so this cannot be one transaction: a
		// draft that stays after a crash is better than a complaint that is lost.
		if err := s.c.Complaints.DeleteDraft(ctx, d.ID); err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrSignedOut) {
			return s.show(n), err
		}
	}
	return s.show(n), nil
}

func (s *Anonymous) moved() { s.c.changes.send(Change{Anonymous: true}) }

// poke makes Client.Run send now.
func (s *Anonymous) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// anonymousNews is how often Client.Run asks for news of what was filed without an
// account. There is no long poll: a connection that stays open for each of them
// would tie them together.
const anonymousNews = 15 * time.Minute

// run sends what waits and asks for news until ctx ends.
func (s *Anonymous) run(ctx context.Context) {
	for tries := 0; ctx.Err() == nil; {
		pause := anonymousNews
		if err := s.Send(ctx); err == nil {
			tries = 0
		} else {
			tries++
			pause = min(pause, s.c.jitter(backoffBase, backoffCap, tries)+retryAfter(err))
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-s.wake:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// enqueue gives an operation its number and puts it behind the others. Numbers
// follow the clock, so that two devices with one receipt do not use the same.
func (s *Anonymous) enqueue(n *local.Nameless, op api.Operation) {
	op.N = s.c.cfg.Now().UnixMilli()
	if last := len(n.Ops); last > 0 {
		op.N = max(op.N, n.Ops[last-1].N+1)
	}
	n.Ops = append(n.Ops, op)
}

func (s *Anonymous) show(n local.Nameless) AnonymousComplaint {
	out := AnonymousComplaint{Complaint: n.Complaint, Receipt: writeReceipt(n.Receipt), Events: n.Events, Waiting: len(n.Ops), Problem: n.Refused}
	out.State = StateReceived
	if len(n.Ops) > 0 {
		out.State = StateQueued
	}
	if n.Refused != nil {
		out.State = StateAttention
	}
	if n.Complaint.Code != "" {
		out.Track = s.c.Complaints.track(local.Receipt{Code: n.Complaint.Code, Secret: base64.RawURLEncoding.EncodeToString(trackingSecret(n.Receipt)), Receipt: n.Signed})
	}
	return out
}

// List gives what was filed from this device without an account.
func (s *Anonymous) List(ctx context.Context) ([]AnonymousComplaint, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	list, err := s.c.home.ChangeNameless(nil)
	out := make([]AnonymousComplaint, len(list))
	for i, n := range list {
		out[i] = s.show(n)
	}
	return out, err
}

// Forget removes a complaint and its receipt from this device; with the paper it
// can still be followed.
func (s *Anonymous) Forget(ctx context.Context, receipt string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	wire, err := readReceipt(receipt)
	if err != nil {
		return err
	}
	_, err = s.c.home.ChangeNameless(func(list []local.Nameless) ([]local.Nameless, error) {
		return slices.DeleteFunc(list, func(n local.Nameless) bool { return n.Receipt == wire }), nil
	})
	s.moved()
	return err
}

// Send brings what waits to the server and fetches what is new, for every
// complaint on this device. The first error is given; the others are tried all
// the same.
func (s *Anonymous) Send(ctx context.Context) error {
	list, err := s.c.home.ChangeNameless(nil)
	if err != nil {
		return err
	}
	var first error
	for _, n := range list {
		if n.NotBefore.After(s.c.cfg.Now()) {
			continue
		}
		if _, err := s.exchange(ctx, n, true); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Track follows a complaint by its code and receipt, on any device; nothing is
// kept on one that did not file it.
func (s *Anonymous) Track(ctx context.Context, code, receipt string) (AnonymousComplaint, error) {
	return s.do(ctx, code, receipt, nil)
}

// Act writes a message, answers, confirms, rejects, rates, reopens, appeals or
// withdraws, by code and receipt. On the device that filed it the act is saved
// first; on another it needs the server.
func (s *Anonymous) Act(ctx context.Context, code, receipt string, act api.ActBody) (AnonymousComplaint, error) {
	if err := problems(checkText("text", act.Text, MaxText, false)); err != nil {
		return AnonymousComplaint{}, err
	}
	return s.do(ctx, code, receipt, &act)
}

func (s *Anonymous) do(ctx context.Context, code, receipt string, act *api.ActBody) (AnonymousComplaint, error) {
	wire, err := readReceipt(receipt)
	if err != nil {
		return AnonymousComplaint{}, err
	}
	list, err := s.c.home.ChangeNameless(nil)
	if err != nil {
		return AnonymousComplaint{}, err
	}
	i := slices.IndexFunc(list, func(n local.Nameless) bool { return n.Receipt == wire })
	held, n := i >= 0, local.Nameless{Receipt: wire}
	if held {
		n = list[i]
	} else if n, err = s.exchange(ctx, n, false); err != nil {
		return AnonymousComplaint{}, err
	}
	if n.Complaint.ID == "" || n.Complaint.Code != "" && !sameCode(n.Complaint.Code, code) {
		return AnonymousComplaint{}, notFound("no complaint with this code and receipt")
	}
	if act != nil {
		act.Case = n.Complaint.ID
		op, err := s.c.newOp(n.Complaint.ID, api.OpAct, act.Action, *act)
		if err != nil {
			return AnonymousComplaint{}, err
		}
		if !held {
			s.enqueue(&n, op.Operation)
		} else if n, err = s.append(wire, op.Operation); err != nil {
			return AnonymousComplaint{}, err
		}
	}
	sent, err := s.exchange(ctx, n, held)
	if err != nil && held && errors.Is(err, ErrOffline) {
		return s.show(n), nil
	}
	return s.show(sent), err
}

func sameCode(a, b string) bool {
	flat := strings.NewReplacer("-", "", " ", "", "\u200e", "")
	return strings.EqualFold(flat.Replace(a), flat.Replace(b))
}

// append saves an act behind what waits already.
func (s *Anonymous) append(wire string, op api.Operation) (n local.Nameless, err error) {
	_, err = s.c.home.ChangeNameless(func(list []local.Nameless) ([]local.Nameless, error) {
		for i := range list {
			if list[i].Receipt == wire {
				s.enqueue(&list[i], op)
				n = list[i]
				n.Ops = slices.Clone(n.Ops)
				return list, nil
			}
		}
		return nil, notFound("this complaint was forgotten on this device meanwhile")
	})
	s.moved()
	return n, err
}

// keep writes one complaint back after an exchange. What was written while it
// lasted was not part of it, and stays behind the rest.
func (s *Anonymous) keep(n local.Nameless, part []api.Operation) error {
	in := func(ops []api.Operation, op api.Operation) bool {
		return slices.ContainsFunc(ops, func(o api.Operation) bool { return o.Op == op.Op })
	}
	changed := false
	_, err := s.c.home.ChangeNameless(func(list []local.Nameless) ([]local.Nameless, error) {
		for i := range list {
			if list[i].Receipt != n.Receipt {
				continue
			}
			for _, op := range list[i].Ops {
				if !in(part, op) && !in(n.Ops, op) {
					n.Ops = append(n.Ops, op)
				}
			}
			changed = !reflect.DeepEqual(list[i], n)
			list[i] = n
		}
		return list, nil
	})
	if changed {
		s.moved()
	}
	return err
}

// exchange sends what waits and reads everything there is, on a connection that
// serves nothing else.
func (s *Anonymous) exchange(ctx context.Context, n local.Nameless, keep bool) (local.Nameless, error) {
	s.send.Lock()
	defer s.send.Unlock()
	if _, err := s.c.online(); err != nil {
		return n, err
	}
	if keep { // an exchange that ended meanwhile changed it
		list, err := s.c.home.ChangeNameless(nil)
		if err != nil {
			return n, err
		}
		i := slices.IndexFunc(list, func(o local.Nameless) bool { return o.Receipt == n.Receipt })
		if i < 0 {
			return n, nil // forgotten
		}
		n = list[i]
	}
	r, err := remote.New(remote.Config{BaseURL: s.c.home.Server(), Transport: s.c.cfg.Transport, Client: s.c.cfg.Client})
	if err != nil {
		return n, err
	}
	defer r.CloseIdle()
	part := slices.Clone(n.Ops)
	n.Ops = slices.Clone(n.Ops)
	req := api.SyncRequest{Request: 1, Operations: part}
	if n.Refused != nil {
		req.Operations = nil // it waits for a person
	}
	events := map[int64]api.Event{}
	for {
		resp, err := r.SyncByReceipt(ctx, n.Receipt, req)
		if err != nil {
			return n, fromRemote(err)
		}
		s.settle(&n, resp.Answers)
		more := false
		req.Operations, req.Cursors, req.Epoch = nil, nil, resp.Epoch
		for _, page := range resp.Feeds {
			for _, e := range page.Entries {
				for _, ev := range e.Events {
					events[ev.N] = ev
				}
				if e.Complaint != nil {
					n.Complaint = *e.Complaint
				}
			}
			more = more || page.More
			req.Cursors = append(req.Cursors, api.Cursor{Feed: page.Feed, N: page.Next, Snapshot: page.SnapshotAfter})
		}
		if !more {
			break
		}
		req.Request++
	}
	if len(events) > 0 {
		n.Events = n.Events[:0:0]
		for _, e := range events {
			n.Events = append(n.Events, e)
		}
		slices.SortFunc(n.Events, func(a, b api.Event) int { return int(a.N - b.N) })
	}
	if keep {
		return n, s.keep(n, part)
	}
	if n.Refused != nil {
		return n, fromProblem(n.Refused)
	}
	return n, nil
}

// settle takes answered operations out; a refused one stays, with what was said.
func (s *Anonymous) settle(n *local.Nameless, answers []api.Answer) {
	for _, a := range answers {
		switch a.Status {
		case api.Applied, api.Duplicate, api.Quarantined:
			n.Ops = slices.DeleteFunc(n.Ops, func(op api.Operation) bool { return op.Op == a.Op })
			if a.Receipt != "" {
				n.Signed = a.Receipt
			}
			if a.Code != "" {
				n.Complaint.Code, n.Complaint.LodgedAt = a.Code, a.LodgedAt
			}
		case api.RetryAfter:
			n.NotBefore = s.c.cfg.Now().Add(time.Duration(a.RetryAfterSeconds) * time.Second)
		default:
			n.Refused = a.Problem
			if n.Refused == nil {
				n.Refused = &api.Problem{Type: api.TypeUpgrade, Title: "This program is too old for the server"}
			}
			return
		}
	}
}
