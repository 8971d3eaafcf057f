package portal

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// A complaint can be filed without an account. Whoever files it makes a receipt
// of 128 random bits, and the receipt is all there is: it names an account of
// its own that holds one case and says nothing about anybody.

// anonymousPrefix starts the ids of such accounts; those of people are
// hexadecimal, so the two never meet.
const anonymousPrefix = "anon-"

// receiptBytes is the receipt's length.
const receiptBytes = 16

// Anonymous reports whether an account is that of a receipt.
func (a AccountID) Anonymous() bool { return strings.HasPrefix(string(a), anonymousPrefix) }

// AnonymousAccount gives the account of a receipt, written in base64url without
// padding; ErrNotFound when it is none. The receipt cannot be found from it.
func AnonymousAccount(receipt string) (AccountID, error) {
	raw, err := base64.RawURLEncoding.DecodeString(receipt)
	if err != nil || len(raw) != receiptBytes {
		return "", ErrNotFound
	}
	sum := sha256.Sum256(append([]byte("portal anonymous account\x00"), raw...))
	return AccountID(anonymousPrefix + hex.EncodeToString(sum[:receiptBytes])), nil
}
