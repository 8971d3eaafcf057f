package identity

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/citizens-portal/portal/backend/keys"
)

// Argon2id's cost: 19 MiB, two passes, one lane (OWASP's second choice), about
// 35 ms on a small server.
const (
	argonMemory = 19 << 10 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonKey    = 32
	argonSalt   = 16
)

// hasher hashes what people remember. At most two hashes run at once, so that
// a rush of sign-ins takes neither the memory nor both processors; others wait
// for their turn or their context.
type hasher struct {
	keys *keys.Ring
	turn chan struct{}
}

func newHasher(k *keys.Ring) hasher { return hasher{keys: k, turn: make(chan struct{}, 2)} }

// argonHash is a slow hash with what it was made of.
type argonHash struct {
	memory, passes uint32
	lanes          uint8
	salt, sum      []byte
}

// hash gives the text to store. kind separates PINs from passwords.
func (h hasher) hash(ctx context.Context, kind, secret string, salt []byte) (string, error) {
	a := argonHash{memory: argonMemory, passes: argonPasses, lanes: argonLanes, salt: salt}
	var err error
	if a.sum, err = h.sum(ctx, kind, secret, a); err != nil {
		return "", err
	}
	return a.text(), nil
}

func (h hasher) sum(ctx context.Context, kind, secret string, a argonHash) ([]byte, error) {
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey(h.keys.Pepper(kind, secret), a.salt, a.passes, a.memory, a.lanes, argonKey), nil
}

// matches compares a secret with a stored text. An empty text costs the same
// and never matches: an unknown name must not answer sooner.
func (h hasher) matches(ctx context.Context, kind, secret, stored string) (bool, error) {
	want := argonHash{memory: argonMemory, passes: argonPasses, lanes: argonLanes, salt: make([]byte, argonSalt)}
	if stored != "" {
		var err error
		if want, err = parseHash(stored); err != nil {
			return false, err
		}
	}
	got, err := h.sum(ctx, kind, secret, want)
	if err != nil {
		return false, err
	}
	return stored != "" && subtle.ConstantTimeCompare(got, want.sum) == 1, nil
}

// text is the usual notation, $argon2id$v=…$m=…,t=…,p=…$salt$hash.
func (a argonHash) text() string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.memory, a.passes, a.lanes, enc.EncodeToString(a.salt), enc.EncodeToString(a.sum))
}

func parseHash(stored string) (argonHash, error) {
	var a argonHash
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return a, errHash
	}
	_, errCost := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &a.memory, &a.passes, &a.lanes)
	var errSalt, errSum error
	a.salt, errSalt = base64.RawStdEncoding.DecodeString(parts[4])
	a.sum, errSum = base64.RawStdEncoding.DecodeString(parts[5])
	if errors.Join(errCost, errSalt, errSum) != nil || len(a.sum) != argonKey {
		return a, errHash
	}
	return a, nil
}

// errHash means the store holds a hash that this program did not write.
var errHash = errors.New("stored password hash cannot be read")
