package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/citizens-portal/portal/backend/escalation"
	"github.com/citizens-portal/portal/backend/server"
)

func (c *command) serve(ctx context.Context, _ []string) error {
	s, err := server.New(ctx, c.cfg)
	if err != nil {
		return err
	}
	err = s.Serve(ctx, func(url string) { fmt.Fprintf(c.stdout, "listening on %s\n", url) })
	return errors.Join(err, s.Close())
}

func (c *command) escalate(ctx context.Context, _ []string) error {
	asOf, err := c.moment()
	if err != nil {
		return err
	}
	raw, err := server.Admin(ctx, c.cfg, "escalate", server.AdminRequest{AsOf: asOf, DryRun: c.dryRun})
	if err != nil {
		return err
	}
	return c.print(raw, func() error {
		var moves []escalation.Move
		if err := json.Unmarshal(raw, &moves); err != nil {
			return err
		}
		for _, m := range moves {
			fmt.Fprintf(c.stdout, "%s  level %d -> %d  due %s\n", m.Code, m.From, m.To, m.DueAt.Format("2006-01-02 15:04:05.000 MST"))
		}
		fmt.Fprintf(c.stdout, "%d moved\n", len(moves))
		return nil
	})
}

func (c *command) sweep(ctx context.Context, _ []string) error {
	asOf, err := c.moment()
	if err != nil {
		return err
	}
	raw, err := server.Admin(ctx, c.cfg, "sweep", server.AdminRequest{AsOf: asOf})
	if err != nil {
		return err
	}
	return c.print(raw, func() error {
		var s server.Swept
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "%d moved up, %d closed without an answer, %d old records removed\n", len(s.Escalated), len(s.Silent), s.Expired)
		return nil
	})
}

func (c *command) scrub(ctx context.Context, _ []string) error {
	raw, err := server.Admin(ctx, c.cfg, "scrub", server.AdminRequest{})
	if err != nil {
		return err
	}
	return c.print(raw, func() error {
		fmt.Fprintln(c.stdout, "scrubbed")
		return nil
	})
}

func (c *command) check(ctx context.Context, _ []string) error {
	faults, err := server.Check(ctx, c.cfg)
	if err != nil {
		return err
	}
	if c.json {
		if faults == nil {
			faults = []string{}
		}
		if err := json.NewEncoder(c.stdout).Encode(faults); err != nil {
			return err
		}
	} else {
		for _, f := range faults {
			fmt.Fprintln(c.stdout, f)
		}
	}
	if len(faults) > 0 {
		return errCheck
	}
	if !c.json {
		fmt.Fprintln(c.stdout, "check: ok")
	}
	return nil
}

func (c *command) backup(ctx context.Context, args []string) error {
	file, err := one(args, "the file to write")
	if err != nil {
		return err
	}
	to, err := server.ParseRecipients(c.recipients, c.recipientsFile)
	if err != nil {
		return err
	}
	if to.Any() {
		if err := server.BackupSealed(ctx, c.cfg, file, to); err != nil {
			return err
		}
		return c.done(map[string]string{"file": file}, "%s is written, sealed for its recipients; the keys are not in it", file)
	}
	if err := server.Backup(ctx, c.cfg, file); err != nil {
		return err
	}
	fmt.Fprintf(c.stderr, "portald: warning: %s is not encrypted: who has it can read what people wrote; see --recipient\n", file)
	return c.done(map[string]string{"file": file}, "%s is written; the keys are not in it", file)
}

func (c *command) restore(ctx context.Context, args []string) error {
	file, err := one(args, "the file to restore from")
	if err != nil {
		return err
	}
	if c.identity != "" {
		err = server.RestoreSealed(ctx, c.cfg, file, c.identity)
	} else {
		err = server.Restore(ctx, c.cfg, file)
	}
	if err != nil {
		return err
	}
	return c.done(map[string]string{"file": file}, "%s is restored; devices offer again what it had not seen", file)
}

func (c *command) seed(ctx context.Context, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%w: seed takes at most one folder", errUsage)
	}
	dir := ""
	if len(args) == 1 {
		dir = args[0]
	}
	if err := server.Seed(ctx, c.cfg, dir); err != nil {
		return err
	}
	return c.done(map[string]bool{"seeded": true}, "the directory is in the store")
}

// migrate opens the store, which brings it to this version, and closes it.
func (c *command) migrate(ctx context.Context, _ []string) error {
	b, err := server.Open(ctx, c.cfg)
	if err != nil {
		return err
	}
	if err := b.Close(); err != nil {
		return err
	}
	return c.done(map[string]bool{"migrated": true}, "the store is at this program's version")
}

func (c *command) admin(ctx context.Context, args []string) error {
	word, err := one(args, "bootstrap")
	if err != nil || word != "bootstrap" {
		return fmt.Errorf("%w: the command is: admin bootstrap", errUsage)
	}
	raw, err := server.Admin(ctx, c.cfg, "bootstrap", server.AdminRequest{})
	if err != nil {
		return err
	}
	return c.print(raw, func() error {
		var b server.Invitation
		if err := json.Unmarshal(raw, &b); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "%s\nvalid until %s, once\n", b.Token, b.ExpiresAt.Format("15:04:05 MST"))
		return nil
	})
}

// transparencyLog shows the log's checkpoint and keys, and keeps cosignatures
// that came by other ways than HTTP.
func (c *command) transparencyLog(ctx context.Context, args []string) error {
	req := server.AdminRequest{}
	switch {
	case len(args) == 1 && (args[0] == "checkpoint" || args[0] == "keys"):
	case len(args) == 2 && args[0] == "cosign":
		raw, err := os.ReadFile(args[1])
		if err != nil {
			return fmt.Errorf("%w: %w", server.ErrFile, err)
		}
		req.Checkpoint = string(raw)
	default:
		return fmt.Errorf("%w: log checkpoint, log keys or log cosign FILE", errUsage)
	}
	raw, err := server.Admin(ctx, c.cfg, "log-"+args[0], req)
	if err != nil {
		return err
	}
	return c.print(raw, func() error {
		var lines []string
		if err := json.Unmarshal(raw, &lines); err != nil {
			return err
		}
		for _, line := range lines {
			fmt.Fprintln(c.stdout, strings.TrimSuffix(line, "\n"))
		}
		return nil
	})
}

func (c *command) printVersion(context.Context, []string) error {
	return c.done(map[string]string{"version": version}, "%s", version)
}
