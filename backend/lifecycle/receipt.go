package lifecycle

import (
	"fmt"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/transparency"
	"github.com/citizens-portal/portal/sdk/verify"
)

// Keyring signs receipts; package keys has it.
type Keyring interface {
	Sign(message []byte) string
	VerifyReceipt(message []byte, signature string) error
}

// sign gives the receipt of a filing: the server's signed promise that this
// complaint, with this content, was filed at this moment under this code, and
// will stand in the log in time. The phone keeps it for ever; package verify has
// its form. A complaint of before there was a log has no leaf to promise until
// the log has caught up, and gets a receipt of the first version.
func (s *Service) sign(id string, code portal.Code, lodgedAt time.Time, hash string, leaf store.Leaf) string {
	m := fmt.Sprintf("receipt1|%s|%s|%d|%s", id, code, lodgedAt.UnixMilli(), hash)
	if leaf.N != 0 {
		m = verify.Receipt{Case: id, Code: string(code), LodgedAt: lodgedAt, BodySHA256: hash, Leaf: leaf.Hash, Within: transparency.MergeDelay}.Message()
	}
	return m + "|" + s.Keys.Sign([]byte(m))
}

// readReceipt gives what a receipt promises, and false when this server did not
// sign it.
func (s *Service) readReceipt(text string) (verify.Receipt, bool) {
	r, err := verify.ParseReceipt(text)
	if err != nil {
		return r, false
	}
	message, signature := r.Signed()
	return r, s.Keys.VerifyReceipt(message, signature) == nil
}
