package lifecycle

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
)

// Keyring signs receipts; package keys has it.
type Keyring interface {
	Sign(message []byte) string
	VerifyReceipt(message []byte, signature string) error
}

// receipt is the server's signed promise: this complaint, with this content, was
// filed at this moment under this code. The phone keeps it for ever.
type receipt struct {
	id       string
	code     portal.Code
	lodgedAt time.Time
	hash     string // SHA-256 of the operation's body, hex
}

// message is what is signed: fields that cannot contain the separator.
func (r receipt) message() string {
	return fmt.Sprintf("receipt1|%s|%s|%d|%s", r.id, r.code, r.lodgedAt.UnixMilli(), r.hash)
}

func (s *Service) sign(id string, code portal.Code, lodgedAt time.Time, hash string) string {
	m := receipt{id, code, lodgedAt, hash}.message()
	return m + "|" + s.Keys.Sign([]byte(m))
}

// readReceipt gives what a receipt promises, and false when this server did not
// sign it.
func (s *Service) readReceipt(text string) (receipt, bool) {
	at := strings.LastIndexByte(text, '|')
	if at < 0 || s.Keys.VerifyReceipt([]byte(text[:at]), text[at+1:]) != nil {
		return receipt{}, false
	}
	parts := strings.Split(text[:at], "|")
	if len(parts) != 5 || parts[0] != "receipt1" {
		return receipt{}, false
	}
	ms, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil {
		return receipt{}, false
	}
	return receipt{id: parts[1], code: portal.Code(parts[2]), lodgedAt: time.UnixMilli(ms).UTC(), hash: parts[4]}, true
}
