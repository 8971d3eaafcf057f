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

// hash gives the text to store. kind separates PINs from passwords.
func (h hasher) hash(ctx context.Context, kind, secret string, salt []byte) (string, error) {
	sum, err := h.sum(ctx, kind, secret, salt, argonMemory, argonPasses, argonLanes)
	if err != nil {
		return "", err
	}
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes,
		enc.EncodeToString(salt), enc.EncodeToString(sum)), nil
}

func (h hasher) sum(ctx context.Context, kind, secret string, salt []byte, memory, passes uint32, lanes uint8) ([]byte, error) {
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey(h.keys.Pepper(kind, secret), salt, passes, memory, lanes, argonKey), nil
}

// matches compares a secret with a stored text. An empty text costs the same
// and never matches: an unknown name must not answer sooner.
func (h hasher) matches(ctx context.Context, kind, secret, stored string) (bool, error) {
	memory, passes, lanes := uint32(argonMemory), uint32(argonPasses), uint8(argonLanes)
	salt, want := make([]byte, argonSalt), []byte(nil)
	if stored != "" {
		var err error
		if memory, passes, lanes, salt, want, err = parseHash(stored); err != nil {
			return false, err
		}
	}
	got, err := h.sum(ctx, kind, secret, salt, memory, passes, lanes)
	if err != nil {
		return false, err
	}
	return len(want) > 0 && subtle.ConstantTimeCompare(got, want) == 1, nil
}

func parseHash(stored string) (memory, passes uint32, lanes uint8, salt, sum []byte, err error) {
	parts := strings.Split(stored, "$")
	broken := errors.New("stored password hash cannot be read")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return 0, 0, 0, nil, nil, broken
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil {
		return 0, 0, 0, nil, nil, broken
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	sum, errSum := base64.RawStdEncoding.DecodeString(parts[5])
	if errSalt != nil || errSum != nil || len(sum) != argonKey {
		return 0, 0, 0, nil, nil, broken
	}
	return memory, passes, lanes, salt, sum, nil
}
