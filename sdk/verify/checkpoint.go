package verify

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Errors of checkpoints.
var (
	// ErrCheckpoint means that a text is not a checkpoint signed by a known key.
	ErrCheckpoint = errors.New("not a checkpoint of this log")
	// ErrUnsigned, an ErrCheckpoint, means that it looks like one, and no known
	// key of the log has signed it.
	ErrUnsigned = fmt.Errorf("no known key of the log has signed it: %w", ErrCheckpoint)
)

// Checkpoint is the log's signed word on its tree at one moment.
type Checkpoint struct {
	// Log is the log's name, and of its keys. Epoch names the life of its data:
	// a restore from a backup begins another.
	Log, Epoch string
	// Size is the number of leaves, Root the tree's hash.
	Size int64
	Root Hash
	At   time.Time
	// Previous, in the first checkpoint of an epoch that follows another, is what
	// the restored server knew of that one's end.
	Previous *Head
	// Keys are the log's other keys, once it has several: whoever trusts one of
	// those that signed may trust these.
	Keys []string

	// Witnesses are the names of those whose cosignature was asked for and holds.
	Witnesses []string
	// Note is the checkpoint as it came.
	Note string
}

// Head is the end of an epoch.
type Head struct {
	Epoch string
	Size  int64
	Root  Hash
}

// Text gives what is signed: the log and epoch, the size and the root, as other
// logs have them (C2SP tlog-checkpoint), then this log's own lines.
func (c Checkpoint) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%s\n%d\n%s\nat %s\n", c.Log, c.Epoch, c.Size, c.Root, Time(c.At))
	if p := c.Previous; p != nil {
		fmt.Fprintf(&b, "previous %s %d %s\n", p.Epoch, p.Size, p.Root)
	}
	for _, k := range c.Keys {
		fmt.Fprintf(&b, "key %s\n", k)
	}
	return b.String()
}

// parseText reads a checkpoint's text. Lines it does not know are left alone.
func parseText(text string) (Checkpoint, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 4 {
		return Checkpoint{}, ErrCheckpoint
	}
	cut := strings.LastIndexByte(lines[0], '/')
	size, sizeErr := strconv.ParseInt(lines[1], 10, 64)
	root, rootErr := tlog.ParseHash(lines[2])
	at, atErr := time.Parse("at "+time.RFC3339, lines[3])
	if cut < 0 || sizeErr != nil || size < 0 || rootErr != nil || atErr != nil {
		return Checkpoint{}, ErrCheckpoint
	}
	c := Checkpoint{Log: lines[0][:cut], Epoch: lines[0][cut+1:], Size: size, Root: root, At: at.UTC()}
	for _, line := range lines[4:] {
		switch word, rest, _ := strings.Cut(line, " "); word {
		case "previous":
			p, err := parseHead(rest)
			if err != nil {
				return Checkpoint{}, err
			}
			c.Previous = &p
		case "key":
			c.Keys = append(c.Keys, rest)
		}
	}
	return c, nil
}

func parseHead(s string) (Head, error) {
	parts := strings.Split(s, " ")
	if len(parts) != 3 {
		return Head{}, ErrCheckpoint
	}
	size, err := strconv.ParseInt(parts[1], 10, 64)
	root, rootErr := tlog.ParseHash(parts[2])
	if err != nil || size < 0 || rootErr != nil {
		return Head{}, ErrCheckpoint
	}
	return Head{Epoch: parts[0], Size: size, Root: root}, nil
}

// Keys are the keys of a log and of its witnesses, read once. Make them with
// ParseKeys.
type Keys struct {
	log        []ed25519.PublicKey
	logNames   map[string]bool // name+hash
	known      note.Verifiers
	witnesses  map[string]string // name+hash to name
	LogKeys    []string
	WitnessKey []string
}

// ParseKeys reads verifier keys in the form of golang.org/x/mod/sumdb/note,
// "name+hash+key". A log needs at least one.
func ParseKeys(log, witnesses []string) (Keys, error) {
	k := Keys{logNames: map[string]bool{}, witnesses: map[string]string{}, LogKeys: log, WitnessKey: witnesses}
	if len(log) == 0 {
		return Keys{}, errors.New("no key of the log is known")
	}
	var list []note.Verifier
	add := func(text string) (note.Verifier, error) {
		v, err := note.NewVerifier(text)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", text, err)
		}
		list = append(list, v)
		return v, nil
	}
	for _, text := range log {
		v, err := add(text)
		if err != nil {
			return Keys{}, err
		}
		// NewVerifier has checked that there are three parts; base64 may have a plus.
		raw, err := base64.StdEncoding.DecodeString(strings.SplitN(text, "+", 3)[2])
		if err != nil || len(raw) != 1+ed25519.PublicKeySize {
			return Keys{}, fmt.Errorf("key %q is not an Ed25519 key", text)
		}
		k.log, k.logNames[keyName(v.Name(), v.KeyHash())] = append(k.log, raw[1:]), true
	}
	for _, text := range witnesses {
		v, err := add(text)
		if err != nil {
			return Keys{}, err
		}
		k.witnesses[keyName(v.Name(), v.KeyHash())] = v.Name()
	}
	k.known = note.VerifierList(list...)
	return k, nil
}

func keyName(name string, hash uint32) string { return fmt.Sprintf("%s+%08x", name, hash) }

// Public gives the log's public keys, which sign receipts too.
func (k Keys) Public() []ed25519.PublicKey { return k.log }

// Open checks a signed checkpoint. The error is ErrCheckpoint when no key of
// the log signed it, or when any signature of a known key is wrong.
func (k Keys) Open(signed string) (Checkpoint, error) {
	n, err := note.Open([]byte(signed), k.known)
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case errors.As(err, &unverified), errors.As(err, &invalid):
		return Checkpoint{}, ErrUnsigned
	case err != nil:
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	c, err := parseText(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	ours := false
	for _, s := range n.Sigs {
		name := keyName(s.Name, s.Hash)
		if k.logNames[name] {
			ours = ours || s.Name == c.Log
		} else if w, ok := k.witnesses[name]; ok {
			c.Witnesses = append(c.Witnesses, w)
		}
	}
	if !ours {
		return Checkpoint{}, ErrUnsigned
	}
	c.Note = signed
	return c, nil
}

// Consistent reports whether the tree of a grew into that of b, which has at
// least as many leaves: nothing of a was changed or taken away. Epochs do not
// matter here.
func Consistent(a, b Checkpoint, proof []Hash) bool {
	switch {
	case a.Size > b.Size:
		return false
	case a.Size == 0:
		return true
	case a.Size == b.Size:
		return a.Root == b.Root
	}
	return tlog.CheckTree(proof, b.Size, b.Root, a.Size, a.Root) == nil
}
