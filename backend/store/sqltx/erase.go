package sqltx

import (
	"context"
	"fmt"

	"github.com/citizens-portal/portal/backend/portal"
)

// EraseCase implements store.CaseTx.
func (t *Tx) EraseCase(ctx context.Context, c portal.Case, body []byte, events []portal.Event) error {
	more, err := encodeMore(c)
	if err != nil {
		return err
	}
	gone := fmt.Errorf("erase case %s: %w", c.ID, portal.ErrConflict)
	if err := t.queue(ctx, gone, "UPDATE cases SET more = ? WHERE district = ? AND id = ? AND version = ?", more, string(c.District), c.ID, c.Version); err != nil {
		return err
	}
	if err := t.queue(ctx, gone, "UPDATE case_body SET doc = ? WHERE district = ? AND id = ?", nonNil(body), string(c.District), c.ID); err != nil {
		return err
	}
	for _, e := range events {
		doc, err := encodeEvent(e)
		if err != nil {
			return err
		}
		if err := t.queue(ctx, gone, "UPDATE case_event SET doc = ? WHERE district = ? AND case_id = ? AND n = ?", doc, string(c.District), c.ID, e.N); err != nil {
			return err
		}
	}
	return nil
}
