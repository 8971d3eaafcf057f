package transparency

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk/verify"
)

const (
	// kindCosignature holds signature lines: id "CHECKPOINT/WITNESS", by the
	// checkpoint's number.
	kindCosignature = "log-cosignature"
	// kindCosigned holds, under "1", "2", …, the number of the newest checkpoint
	// that at least so many witnesses have signed.
	kindCosigned = "log-cosigned"
)

// ErrNoCheckpoint means that the log has no such checkpoint yet: it has just
// begun, or begun anew, or too few witnesses have signed.
var ErrNoCheckpoint = fmt.Errorf("the log has no such checkpoint yet: %w", store.ErrNotFound)

// Checkpoint gives the newest checkpoint that at least so many witnesses have
// signed, with their cosignatures; 0 for the newest of all. The error is
// ErrNoCheckpoint when there is none.
func (l *Log) Checkpoint(ctx context.Context, witnesses int) (signed string, err error) {
	err = l.Store.View(ctx, func(tx store.Tx) error {
		_, signed, err = l.anchor(ctx, tx, witnesses)
		return err
	})
	return signed, err
}

// anchor gives that checkpoint, its row and its text with all signatures.
func (l *Log) anchor(ctx context.Context, tx store.Tx, witnesses int) (store.Checkpoint, string, error) {
	row, last, found, err := l.last(ctx, tx)
	if err != nil {
		return row, "", err
	}
	// Between a restore and the first checkpoint of the new epoch the newest one
	// is of before: it would look as if the log had gone back.
	if epoch, err := l.Epoch(ctx, tx); err != nil || !found || last.Epoch != epoch {
		return row, "", errors.Join(err, ErrNoCheckpoint)
	}
	if witnesses > 0 {
		r, err := tx.Record(ctx, kindCosigned, strconv.Itoa(witnesses))
		if errors.Is(err, store.ErrNotFound) {
			err = ErrNoCheckpoint
		}
		if err != nil {
			return row, "", err
		}
		if row, err = cosignedRow(ctx, tx, string(r.Doc)); err != nil {
			return row, "", err
		}
	}
	lines, err := tx.Records(ctx, kindCosignature, strconv.FormatInt(row.N, 10))
	signed := row.Note
	for _, r := range lines {
		signed += string(r.Doc)
	}
	return row, signed, err
}

// cosignedRow finds a checkpoint by "SIZE/N".
func cosignedRow(ctx context.Context, tx store.Tx, ref string) (store.Checkpoint, error) {
	size, n, _ := strings.Cut(ref, "/")
	s, err := strconv.ParseInt(size, 10, 64)
	if err != nil {
		return store.Checkpoint{}, err
	}
	rows, err := tx.CheckpointsOf(ctx, s)
	if err != nil {
		return store.Checkpoint{}, err
	}
	for _, row := range rows {
		if strconv.FormatInt(row.N, 10) == n {
			return row, nil
		}
	}
	return store.Checkpoint{}, store.ErrNotFound
}

// Consistency proves that the tree of one size grew into that of another.
// *portal.FieldError when the log never had such a size.
func (l *Log) Consistency(ctx context.Context, from, to int64) (proof []verify.Hash, err error) {
	err = l.Store.View(ctx, func(tx store.Tx) error {
		row, err := tx.LastCheckpoint(ctx)
		if err != nil {
			return err
		}
		if from < 0 || from > to || to > row.Size {
			return portal.Invalid("to", "log_size", "the log has %d entries: ask for 0 <= from <= to <= %d", row.Size, row.Size)
		}
		last, err := l.open(row.Note)
		if err != nil {
			return err
		}
		proof, err = proveTree(to, from, reader(ctx, tx, last))
		return err
	})
	return proof, err
}

func reader(ctx context.Context, tx store.Tx, c verify.Checkpoint) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: c.Root}, tiles{ctx, tx})
}

func proveTree(to, from int64, r tlog.HashReader) ([]verify.Hash, error) {
	if from == 0 || from == to {
		return nil, nil
	}
	return tlog.ProveTree(to, from, r)
}

// Tile gives the tree's hashes at a path of golang.org/x/mod/sumdb/tlog, such as
// "tile/8/0/x001/067". ErrNotFound when the log does not have it (yet).
func (l *Log) Tile(ctx context.Context, path string) (data []byte, err error) {
	tile, err := tlog.ParseTilePath(path)
	if err != nil || tile.H != tileHeight || tile.L < 0 {
		return nil, store.ErrNotFound
	}
	err = l.Store.View(ctx, func(tx store.Tx) error {
		list, err := tiles{ctx, tx}.ReadTiles([]tlog.Tile{tile})
		if err != nil {
			return store.ErrNotFound
		}
		data = list[0]
		return nil
	})
	return data, err
}

// Proof proves the events of a case that the caller may see. words shows what
// was written too: for its owner only.
func (l *Log) Proof(ctx context.Context, tx store.Tx, c portal.Case, words bool, witnesses int) (verify.Proof, error) {
	h, err := readHistory(ctx, tx, c)
	if err != nil {
		return verify.Proof{}, err
	}
	row, signed, err := l.anchor(ctx, tx, witnesses)
	if err != nil {
		return verify.Proof{}, err
	}
	head, err := l.open(row.Note)
	if err != nil {
		return verify.Proof{}, err
	}
	p := proving{ctx: ctx, tx: tx, log: l, row: row, head: head, read: reader(ctx, tx, head), seen: map[int64]int{}}
	p.out = verify.Proof{Case: c.ID, Code: string(c.Code), Checkpoint: signed}
	for i := range h.events {
		if err := p.event(h, i, words); err != nil {
			return verify.Proof{}, fmt.Errorf("prove event %d of %s: %w", i+1, c.ID, err)
		}
	}
	p.out.Epochs, err = epochs(ctx, tx)
	return p.out, err
}

// Epochs gives the first checkpoints of the epochs that followed a restore,
// oldest first.
func (l *Log) Epochs(ctx context.Context) (out []string, err error) {
	err = l.Store.View(ctx, func(tx store.Tx) error {
		out, err = epochs(ctx, tx)
		return err
	})
	return out, err
}

func epochs(ctx context.Context, tx store.Tx) ([]string, error) {
	var out []string
	list, err := tx.Records(ctx, kindEpoch, "")
	for _, r := range list {
		out = append(out, string(r.Doc))
	}
	return out, err
}

// proving is one proof in the making.
type proving struct {
	ctx  context.Context
	tx   store.Tx
	log  *Log
	row  store.Checkpoint
	head verify.Checkpoint
	read tlog.HashReader
	seen map[int64]int // checkpoint number to index in out.Earlier
	out  verify.Proof
}

func (p *proving) event(h history, i int, words bool) error {
	leaf := h.leaves[i]
	o, err := parseOpening(leaf.Opening)
	if err != nil {
		return err
	}
	// What is stored is shown as it is: should it have been changed, the reader
	// sees that it does not verify.
	sealed := h.sealed(i, o)
	ep := verify.EventProof{Event: string(sealed.event), Salt: o.salt[:], Position: store.Waiting, First: -1}
	if words && !o.wordsErased {
		ep.Words, ep.WordsSalt = string(sealed.wordsText), o.words[:]
	}
	if leaf.Position >= 0 && leaf.Position < p.head.Size {
		ep.Position = leaf.Position
		if ep.Inclusion, err = tlog.ProveRecord(p.head.Size, leaf.Position, p.read); err != nil {
			return err
		}
		if ep.First, err = p.first(leaf.Position); err != nil {
			return err
		}
	}
	p.out.Events = append(p.out.Events, ep)
	return nil
}

// first gives the index of the checkpoint with which a leaf entered the log.
func (p *proving) first(position int64) (int, error) {
	row, err := p.tx.CheckpointOver(p.ctx, position)
	if err != nil {
		return 0, err
	}
	if row.N == p.row.N {
		return -1, nil
	}
	if i, ok := p.seen[row.N]; ok {
		return i, nil
	}
	consistency, err := proveTree(p.head.Size, row.Size, p.read)
	if err != nil {
		return 0, err
	}
	i := len(p.out.Earlier)
	p.seen[row.N] = i
	p.out.Earlier = append(p.out.Earlier, verify.Earlier{Checkpoint: row.Note, Consistency: consistency})
	return i, nil
}

// ErrWitness means that a cosignature is not of a known witness under a
// checkpoint of this log.
var ErrWitness = fmt.Errorf("not a cosignature of a known witness under a checkpoint of this log: %w", portal.ErrInvalid)

// Cosign keeps the cosignatures of known witnesses that a checkpoint came back
// with, and names the witnesses. Repeating it changes nothing. ErrWitness when
// there is none.
func (l *Log) Cosign(ctx context.Context, signed string) (names []string, err error) {
	c, err := l.open(signed)
	if err != nil {
		return nil, ErrWitness
	}
	lines, err := l.witnessLines(signed)
	if err != nil {
		return nil, err
	}
	err = l.Store.Update(ctx, func(tx store.Tx) error {
		names = nil
		rows, err := tx.CheckpointsOf(ctx, c.Size)
		if err != nil {
			return err
		}
		text := c.Text()
		i := slices.IndexFunc(rows, func(row store.Checkpoint) bool { return strings.HasPrefix(row.Note, text+"\n") })
		if i < 0 {
			return ErrWitness
		}
		for name, line := range lines {
			names = append(names, name)
			r := store.Record{Kind: kindCosignature, ID: fmt.Sprintf("%d/%s", rows[i].N, name), By: strconv.FormatInt(rows[i].N, 10), Doc: []byte(line)}
			if err := tx.PutRecord(ctx, r); err != nil {
				return err
			}
		}
		return markCosigned(ctx, tx, rows[i])
	})
	slices.Sort(names)
	return names, err
}

// witnessLines gives the signature lines of known witnesses, by name.
func (l *Log) witnessLines(signed string) (map[string]string, error) {
	known := make([]note.Verifier, 0, len(l.witnesses))
	for _, v := range l.witnesses {
		known = append(known, v)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(known...))
	if err != nil {
		return nil, ErrWitness
	}
	out := map[string]string{}
	for _, s := range n.Sigs {
		out[s.Name] = fmt.Sprintf("— %s %s\n", s.Name, s.Base64)
	}
	return out, nil
}

// markCosigned remembers that a checkpoint is the newest with so many.
func markCosigned(ctx context.Context, tx store.Tx, row store.Checkpoint) error {
	have, err := tx.Records(ctx, kindCosignature, strconv.FormatInt(row.N, 10))
	if err != nil {
		return err
	}
	for k := 1; k <= len(have); k++ {
		id := strconv.Itoa(k)
		prior, err := tx.Record(ctx, kindCosigned, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil {
			if old, err := cosignedRow(ctx, tx, string(prior.Doc)); err == nil && old.N >= row.N {
				continue
			}
		}
		if err := tx.PutRecord(ctx, store.Record{Kind: kindCosigned, ID: id, Doc: fmt.Appendf(nil, "%d/%d", row.Size, row.N)}); err != nil {
			return err
		}
	}
	return nil
}
