package transparency

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk/verify"
)

// Sealer makes the leaves of events. The zero value works.
type Sealer struct {
	// Rand is where salts come from; nil is crypto/rand.
	Rand io.Reader
}

// First makes the leaf of a filing, before its transaction: the receipt
// promises it.
func (s Sealer) First(c portal.Case, body portal.Complaint, e portal.Event) (store.Leaf, error) {
	return s.leaf(c, &body, e, store.Leaf{})
}

// Append stores the leaves of events that were just added to a case. Should the
// case have events without leaves, of before there was a log, theirs come
// first.
func (s Sealer) Append(ctx context.Context, tx store.Tx, c portal.Case, events []portal.Event) error {
	if len(events) == 0 {
		return nil
	}
	prev, err := tx.LastLeaf(ctx, c.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if events[0].N != prev.N+1 {
		return s.catchUp(ctx, tx, c, prev)
	}
	return s.put(ctx, tx, c, nil, events, prev)
}

// catchUp gives all events after prev their leaves.
func (s Sealer) catchUp(ctx context.Context, tx store.Tx, c portal.Case, prev store.Leaf) error {
	events, err := tx.Events(ctx, c.ID, prev.N)
	if err != nil {
		return err
	}
	var body *portal.Complaint
	if prev.N == 0 {
		if body, err = readBody(ctx, tx, c.ID); err != nil {
			return err
		}
	}
	return s.put(ctx, tx, c, body, events, prev)
}

func (s Sealer) put(ctx context.Context, tx store.Tx, c portal.Case, body *portal.Complaint, events []portal.Event, prev store.Leaf) error {
	for _, e := range events {
		l, err := s.leaf(c, body, e, prev)
		if err != nil {
			return err
		}
		if err := tx.PutLeaf(ctx, l); err != nil {
			return fmt.Errorf("log event %d of %s: %w", e.N, c.ID, err)
		}
		prev = l
	}
	return nil
}

func (s Sealer) leaf(c portal.Case, body *portal.Complaint, e portal.Event, prev store.Leaf) (store.Leaf, error) {
	source := s.Rand
	if source == nil {
		source = rand.Reader
	}
	var o opening
	for _, salt := range []*[verify.SaltSize]byte{&o.salt, &o.words, &o.people} {
		if _, err := io.ReadFull(source, salt[:]); err != nil {
			return store.Leaf{}, fmt.Errorf("salt: %w", err)
		}
	}
	sealed := seal(c, body, e, prev, o)
	return store.Leaf{Case: c.ID, N: e.N, Hash: sealed.leaf, Opening: o.bytes(), Position: store.Waiting}, nil
}

// Erase makes the words and people of all events of a case unprovable for ever:
// their salts are replaced by their hashes, and everything else still verifies.
// Call it in the transaction that erases the text, before it does.
func (s Sealer) Erase(ctx context.Context, tx store.Tx, c portal.Case) error {
	h, err := readHistory(ctx, tx, c)
	if err != nil {
		return err
	}
	for i, l := range h.leaves {
		o, err := parseOpening(l.Opening)
		if err != nil {
			return fmt.Errorf("event %d of %s: %w", l.N, c.ID, err)
		}
		sealed := h.sealed(i, o)
		o.words, o.people, o.wordsErased, o.peopleErased = sealed.words, sealed.people, true, true
		l.Opening = o.bytes()
		if err := tx.Reopen(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// opening holds what opens an event's three commitments. Of an erased part it
// holds the commitment itself instead of the salt.
type opening struct {
	salt, words, people       [verify.SaltSize]byte
	wordsErased, peopleErased bool
}

const (
	flagWordsErased = 1 << iota
	flagPeopleErased
	openingSize = 1 + 3*verify.SaltSize
)

func (o opening) bytes() []byte {
	out := make([]byte, 1, openingSize)
	if o.wordsErased {
		out[0] |= flagWordsErased
	}
	if o.peopleErased {
		out[0] |= flagPeopleErased
	}
	return append(append(append(out, o.salt[:]...), o.words[:]...), o.people[:]...)
}

func parseOpening(b []byte) (opening, error) {
	if len(b) != openingSize || b[0]&^(flagWordsErased|flagPeopleErased) != 0 {
		return opening{}, errors.New("its opening in the log is damaged")
	}
	const n = verify.SaltSize
	o := opening{wordsErased: b[0]&flagWordsErased != 0, peopleErased: b[0]&flagPeopleErased != 0}
	o.salt, o.words, o.people = [n]byte(b[1:]), [n]byte(b[1+n:]), [n]byte(b[1+2*n:])
	return o, nil
}

// sealedEvent is an event as the log has it.
type sealedEvent struct {
	event         []byte
	wordsText     []byte
	words, people verify.Hash
	leaf          verify.Hash
}

// seal encodes an event and commits to it. body is the complaint, of a first
// event.
func seal(c portal.Case, body *portal.Complaint, e portal.Event, prev store.Leaf, o opening) sealedEvent {
	out := sealedEvent{wordsText: verify.Encode(wordsOf(c, body, e)), words: o.words, people: o.people}
	if !o.wordsErased {
		out.words = verify.Commit(o.words[:], out.wordsText)
	}
	if !o.peopleErased {
		people := verify.People{Account: string(e.Account), Officer: string(e.Officer), ToOfficer: string(e.ToOfficer)}
		out.people = verify.Commit(o.people[:], verify.Encode(people))
	}
	ev := verify.Event{
		V: verify.Version, Case: e.Case, N: e.N, At: verify.Time(e.At), Action: string(e.Action), Role: string(e.Role), Status: string(e.Status),
		Level: e.Level, FromLevel: e.FromLevel, DueAt: verify.Time(e.DueAt), AsOf: verify.Time(e.AsOf), Office: string(e.Office),
		ToOffice: string(e.ToOffice), Disposition: string(e.Disposition), Words: verify.Hex(out.words), People: verify.Hex(out.people),
	}
	if e.N == 1 {
		ev.Code = string(c.Code)
	} else {
		ev.Prev = verify.Hex(prev.Hash)
	}
	out.event = verify.Encode(ev)
	out.leaf = verify.Commit(o.salt[:], out.event)
	return out
}

func wordsOf(c portal.Case, body *portal.Complaint, e portal.Event) verify.Words {
	w := verify.Words{Text: e.Text}
	files := e.Files
	if e.N == 1 && body != nil {
		w = verify.Words{
			Text: body.Text, Category: string(c.Category), District: string(c.District), Area: string(body.Area), Place: body.Place,
			Language: body.Language, SecretHash: body.SecretHash, WrittenAt: verify.Time(body.WrittenAt),
		}
		files = body.Files
	}
	for _, f := range files {
		w.Files = append(w.Files, verify.File(f))
	}
	if e.Rating != nil {
		w.Rating = &verify.Rating{Time: e.Rating.Time, Quality: e.Rating.Quality, Comment: e.Rating.Comment}
	}
	return w
}

// history is a case with everything that its leaves are made of.
type history struct {
	c      portal.Case
	body   *portal.Complaint
	events []portal.Event
	leaves []store.Leaf
}

func readHistory(ctx context.Context, tx store.Tx, c portal.Case) (history, error) {
	h := history{c: c}
	var err error
	if h.body, err = readBody(ctx, tx, c.ID); err != nil {
		return h, err
	}
	if h.events, err = tx.Events(ctx, c.ID, 0); err != nil {
		return h, err
	}
	leaves, err := tx.LeavesOf(ctx, []string{c.ID})
	h.leaves = leaves[c.ID]
	if err == nil && len(h.leaves) != len(h.events) {
		err = fmt.Errorf("case %s has %d events and %d leaves in the log", c.ID, len(h.events), len(h.leaves))
	}
	return h, err
}

// sealed seals the i-th event as its opening says.
func (h history) sealed(i int, o opening) sealedEvent {
	var prev store.Leaf
	if i > 0 {
		prev = h.leaves[i-1]
	}
	return seal(h.c, h.body, h.events[i], prev, o)
}

func readBody(ctx context.Context, tx store.Tx, id string) (*portal.Complaint, error) {
	raw, err := tx.Body(ctx, id)
	if err != nil {
		return nil, err
	}
	return parseBody(raw)
}

func parseBody(raw []byte) (*portal.Complaint, error) {
	body := &portal.Complaint{}
	if err := json.Unmarshal(raw, body); err != nil {
		return nil, fmt.Errorf("text of the complaint: %w", err)
	}
	return body, nil
}
