package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/server"
)

// followEvery is how often audit --follow looks for new entries.
const followEvery = time.Second

// audit prints the audit log, with --json as JSON lines to ship elsewhere.
func (c *command) audit(ctx context.Context, _ []string) error {
	var since time.Time
	if c.since != "" {
		var err error
		if since, err = time.Parse(time.RFC3339Nano, c.since); err != nil {
			return portal.Invalid("since", "time_shape", "%q is not a time: write 2026-11-29T10:00:00Z", c.since)
		}
	}
	var tick <-chan time.Time
	if c.follow {
		ticker := time.NewTicker(followEvery)
		defer ticker.Stop()
		tick = ticker.C
	}
	lines := json.NewEncoder(c.stdout)
	return server.Audit(ctx, c.cfg, since, tick, func(l server.AuditLine) error {
		if c.json {
			return lines.Encode(l)
		}
		_, err := fmt.Fprintf(c.stdout, "%d  %s  %s  %s  %s  %s\n", l.N, l.At.Format(time.RFC3339), l.Actor, l.Action, l.Subject, l.Detail)
		return err
	})
}
