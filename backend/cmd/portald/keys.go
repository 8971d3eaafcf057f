package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/server"
)

// keys shows the master keys by name, or puts new ones to use.
func (c *command) keys(ctx context.Context, args []string) error {
	if len(args) != 1 || args[0] != "list" && args[0] != "rotate" {
		return fmt.Errorf("%w: keys list or keys rotate", errUsage)
	}
	raw, err := server.Admin(ctx, c.cfg, "keys-"+args[0], server.AdminRequest{})
	if err != nil {
		return err
	}
	return c.print(raw, func() error {
		if args[0] == "list" {
			var list []keys.Info
			if err := json.Unmarshal(raw, &list); err != nil {
				return err
			}
			c.printKeys(list)
			return nil
		}
		var r server.Rotated
		if err := json.Unmarshal(raw, &r); err != nil {
			return err
		}
		c.printKeys(r.Keys)
		fmt.Fprintf(c.stdout, `New values are sealed and signed with the new keys; old ones still open with theirs, so keep them all.
Copy %s to where your keys are kept: no backup holds it.
Nodes that share this file follow within half a minute; a node with a copy of its own needs the new file now.
The index key does not rotate: indexes, pseudonyms and passwords would change with it.
`, r.File)
		return nil
	})
}

func (c *command) printKeys(list []keys.Info) {
	for _, k := range list {
		state, made := "former", "since the beginning"
		if k.Current {
			state = "current"
		}
		if !k.Made.IsZero() {
			made = "since " + k.Made.Format("2006-01-02 15:04 MST")
		}
		fmt.Fprintf(c.stdout, "%-8s  %s  %-7s  %s\n", k.Use, k.ID, state, made)
	}
}
