// Package keys holds the portal's master keys and the few things done with
// them: sealing what must not be read from the database, blind indexes that
// find a sealed value without opening it, pseudonyms, and the signature under
// receipts. Everything else sees typed results only, never a key.
//
// Sealing and receipt keys rotate: the first of each list makes new values, all
// of them read old ones. The index key never rotates, because every stored
// index, pseudonym and password would change with it.
//
// It must never know what it seals, who asks, or a store.
//
// Start reading at Ring; file.go says how the key file is made and shared.
package keys

import (
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/chacha20poly1305"
)

// ErrSealed means a sealed value cannot be opened: it was changed, belongs to
// another record, or its key is not in the ring.
var ErrSealed = errors.New("sealed value cannot be opened")

// ErrSignature means a signature was not made by any key of the ring.
var ErrSignature = errors.New("signature does not verify")

// Purpose separates the values sealed for one use from those of another: one
// is never accepted in place of the other.
type Purpose string

// Ring is a set of master keys. It is safe for concurrent use, and takes up keys
// that were added to its file meanwhile; see Reload.
type Ring struct {
	file   string // empty for a ring that lives in memory
	random io.Reader
	now    atomic.Pointer[material]

	reload sync.Mutex
	seen   fs.FileInfo // the file as it was read last
}

// material is everything derived from one state of the key file.
type material struct {
	set    keySet
	seal   map[string]cipher.AEAD // by key id
	index  []byte
	sign   map[string]ed25519.PrivateKey // by key id
	pseudo []byte
	finger []byte
}

// newRing makes a ring of a checked key set.
func newRing(set keySet, random io.Reader) (*Ring, error) {
	m, err := newMaterial(set)
	if err != nil {
		return nil, err
	}
	r := &Ring{random: random}
	r.now.Store(m)
	return r, nil
}

// newMaterial derives everything from a checked key set.
func newMaterial(set keySet) (*material, error) {
	m := &material{set: set, seal: map[string]cipher.AEAD{}, sign: map[string]ed25519.PrivateKey{}}
	for _, k := range set.Sealing {
		key, err := derive(k.Key, "seal")
		if err != nil {
			return nil, err
		}
		aead, err := chacha20poly1305.NewX(key)
		if err != nil {
			return nil, fmt.Errorf("sealing key %s: %w", k.ID, err)
		}
		m.seal[k.ID] = aead
	}
	for _, k := range set.Receipts {
		seed, err := derive(k.Key, "receipt")
		if err != nil {
			return nil, err
		}
		m.sign[k.ID] = ed25519.NewKeyFromSeed(seed)
	}
	var err error
	for _, d := range []struct {
		name string
		to   *[]byte
	}{{"index", &m.index}, {"pseudonym", &m.pseudo}, {"fingerprint", &m.finger}} {
		if *d.to, err = derive(set.Index.Key, d.name); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func derive(master []byte, name string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, master, nil, "citizens-portal/"+name, 32)
	if err != nil {
		return nil, fmt.Errorf("derive %s key: %w", name, err)
	}
	return key, nil
}

// Seal encrypts plain so that it opens only for the same purpose and owner (the
// id of the record it belongs to). The result is text that says which key made
// it.
func (r *Ring) Seal(p Purpose, owner string, plain []byte) (string, error) {
	m := r.now.Load()
	id := m.set.Sealing[0].ID
	aead := m.seal[id]
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	if _, err := io.ReadFull(r.random, nonce); err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	sealed := aead.Seal(nonce, nonce, plain, bind(p, owner))
	return id + "." + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Open decrypts what Seal made for the same purpose and owner. The error is
// ErrSealed.
func (r *Ring) Open(p Purpose, owner, sealed string) ([]byte, error) {
	id, text, ok := strings.Cut(sealed, ".")
	aead := r.sealer(id)
	if !ok || aead == nil {
		return nil, fmt.Errorf("%s: no key %q: %w", p, id, ErrSealed)
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < aead.NonceSize() {
		return nil, fmt.Errorf("%s: %w", p, ErrSealed)
	}
	plain, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], bind(p, owner))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p, ErrSealed)
	}
	return plain, nil
}

// sealer finds a sealing key. One that is not known may have been added by
// another node a moment ago.
func (r *Ring) sealer(id string) cipher.AEAD {
	if aead := r.now.Load().seal[id]; aead != nil {
		return aead
	}
	_, _ = r.Reload() // what cannot be read is said where the ring is looked after
	return r.now.Load().seal[id]
}

// bind joins purpose and owner without ambiguity.
func bind(p Purpose, owner string) []byte {
	return joined(string(p), []string{owner})
}

func joined(kind string, values []string) []byte {
	var b []byte
	for _, v := range append([]string{kind}, values...) {
		b = binary.AppendUvarint(b, uint64(len(v)))
		b = append(b, v...)
	}
	return b
}

// BlindIndex gives a value's index within a kind: equal values have equal
// indexes, and nobody without the key can tell the value from it. Several
// values are indexed as a tuple.
func (r *Ring) BlindIndex(kind string, values ...string) string {
	return hex.EncodeToString(r.mac(r.now.Load().index, kind, values))
}

// Pepper mixes a secret that people chose with the ring's key before it is
// hashed slowly, so that a stolen database alone cannot be searched for short
// PINs.
func (r *Ring) Pepper(kind, secret string) []byte {
	return r.mac(r.now.Load().index, "pepper/"+kind, []string{secret})
}

func (r *Ring) mac(key []byte, kind string, values []string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(joined(kind, values))
	return h.Sum(nil)
}

// pseudonymAlphabet leaves out characters that look alike; 32 of them, so that
// five bits pick one evenly.
const pseudonymAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ*"

// Pseudonym gives the neutral, stable name under which officers know an
// account, e.g. "Citizen 7F3K-Q2". Six characters name about 900 million; two
// citizens may share one, so it is a name for people and never a key.
func (r *Ring) Pseudonym(account string) string {
	sum := r.mac(r.now.Load().pseudo, "account", []string{account})
	var out [6]byte
	for n := 0; n < len(out); {
		for _, b := range sum {
			// The star is no letter: draw again, so that all others are even.
			if c := pseudonymAlphabet[b&31]; c != '*' && n < len(out) {
				out[n] = c
				n++
			}
		}
		sum = r.mac(r.now.Load().pseudo, "more", []string{string(sum)})
	}
	return "Citizen " + string(out[:4]) + "-" + string(out[4:])
}

// Sign signs a receipt. The signature is text that says which key made it.
func (r *Ring) Sign(message []byte) string {
	m := r.now.Load()
	id := m.set.Receipts[0].ID
	sig := ed25519.Sign(m.sign[id], message)
	return id + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// Signer is one of the keys that sign receipts, and what is signed with it.
type Signer struct {
	ID     string
	Public ed25519.PublicKey
	Sign   func(message []byte) []byte
}

// ReceiptSigners gives the keys that sign receipts, the present one first: what
// is signed anew all the time is signed by all of them, so that whoever knows a
// former one can go on.
func (r *Ring) ReceiptSigners() []Signer {
	m := r.now.Load()
	out := make([]Signer, 0, len(m.set.Receipts))
	for _, k := range m.set.Receipts {
		private := m.sign[k.ID]
		out = append(out, Signer{
			ID: k.ID, Public: private.Public().(ed25519.PublicKey), Sign: func(m []byte) []byte { return ed25519.Sign(private, m) },
		})
	}
	return out
}

// VerifyReceipt checks a signature that Sign made, by a present or a former
// key. The error is ErrSignature.
func (r *Ring) VerifyReceipt(message []byte, signature string) error {
	id, text, ok := strings.Cut(signature, ".")
	key := r.now.Load().sign[id]
	if ok && key == nil {
		_, _ = r.Reload() // another node may have added it a moment ago
		key = r.now.Load().sign[id]
	}
	if !ok || key == nil {
		return fmt.Errorf("no key %q: %w", id, ErrSignature)
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || !ed25519.Verify(key.Public().(ed25519.PublicKey), message, raw) {
		return ErrSignature
	}
	return nil
}

// ReceiptKeys gives the public keys that receipts verify with, by key id.
func (r *Ring) ReceiptKeys() map[string]ed25519.PublicKey {
	m := r.now.Load()
	out := make(map[string]ed25519.PublicKey, len(m.sign))
	for id, k := range m.sign {
		out[id] = k.Public().(ed25519.PublicKey)
	}
	return out
}

// Fingerprint names the ring's index key without telling it. A store remembers
// it, so that starting with other keys is noticed before anything is written.
func (r *Ring) Fingerprint() string {
	return hex.EncodeToString(r.mac(r.now.Load().finger, "fingerprint", nil)[:8])
}
