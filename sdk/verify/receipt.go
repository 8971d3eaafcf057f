package verify

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrReceipt means that a text is not a receipt.
var ErrReceipt = errors.New("not a receipt")

// Receipt is the server's signed promise: this complaint, with this content,
// was filed at this moment under this code, and its first event stands in the
// log at the latest Within after that. It is in the fragment (#r=) of the QR
// code.
type Receipt struct {
	Case     string
	Code     string
	LodgedAt time.Time // whole milliseconds, UTC
	// BodySHA256 is the hash (hex) of what the phone sent.
	BodySHA256 string
	// Leaf is the promised leaf of the first event. A receipt of the first
	// version, from before there was a log, promises none: HasLeaf is false.
	Leaf    Hash
	HasLeaf bool
	// Within is the merge delay, in whole seconds.
	Within time.Duration

	signed    []byte
	signature []byte
	signer    string
}

// Message gives the text that is signed: fields that cannot contain the
// separator.
func (r Receipt) Message() string {
	return fmt.Sprintf("receipt2|%s|%s|%d|%s|%s|%d", r.Case, r.Code, r.LodgedAt.UnixMilli(), r.BodySHA256,
		base64.RawURLEncoding.EncodeToString(r.Leaf[:]), int64(r.Within/time.Second))
}

// ParseReceipt reads a receipt of any version: the message, and after the last
// "|" the name of a key, a dot and the Ed25519 signature in base64url. It does
// not check the signature: see SignedBy. The error is ErrReceipt.
func ParseReceipt(text string) (Receipt, error) {
	at := strings.LastIndexByte(text, '|')
	if at < 0 {
		return Receipt{}, ErrReceipt
	}
	signer, sig, _ := strings.Cut(text[at+1:], ".")
	signature, err := base64.RawURLEncoding.DecodeString(sig)
	if err != nil || len(signature) != ed25519.SignatureSize {
		return Receipt{}, fmt.Errorf("%w: its signature is cut or damaged", ErrReceipt)
	}
	parts := strings.Split(text[:at], "|")
	v1, v2 := len(parts) == 5 && parts[0] == "receipt1", len(parts) == 7 && parts[0] == "receipt2"
	if !v1 && !v2 {
		return Receipt{}, fmt.Errorf("%w of a version that this program knows", ErrReceipt)
	}
	ms, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil {
		return Receipt{}, fmt.Errorf("%w: %q is not a time", ErrReceipt, parts[3])
	}
	r := Receipt{Case: parts[1], Code: parts[2], LodgedAt: time.UnixMilli(ms).UTC(), BodySHA256: parts[4], signed: []byte(text[:at]), signature: signature, signer: signer}
	if v1 {
		return r, nil
	}
	leaf, err := base64.RawURLEncoding.DecodeString(parts[5])
	if err != nil || len(leaf) != len(r.Leaf) {
		return Receipt{}, fmt.Errorf("%w: its leaf is damaged", ErrReceipt)
	}
	seconds, err := strconv.ParseInt(parts[6], 10, 32)
	if err != nil || seconds <= 0 {
		return Receipt{}, fmt.Errorf("%w: %q is not a number of seconds", ErrReceipt, parts[6])
	}
	r.Leaf, r.HasLeaf, r.Within = Hash(leaf), true, time.Duration(seconds)*time.Second
	return r, nil
}

// SignedBy reports whether one of the keys signed the receipt.
func (r Receipt) SignedBy(keys ...ed25519.PublicKey) bool {
	for _, k := range keys {
		if ed25519.Verify(k, r.signed, r.signature) {
			return true
		}
	}
	return false
}

// Signed gives what was signed and, as it stands in the receipt, by which key
// and with which signature.
func (r Receipt) Signed() (message []byte, signature string) {
	return r.signed, r.signer + "." + base64.RawURLEncoding.EncodeToString(r.signature)
}
