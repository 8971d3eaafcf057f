package lifecycle_test

import (
	"errors"
	"testing"
	"time"

	. "github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
)

// TestOneAccountCannotFlood files up to the day's limit, is told when the next
// will be taken, and is let through then; others are not held up, and a repeat
// of what was accepted is answered as ever.
func TestOneAccountCannotFlood(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		n.Lifecycle.PerDay = 3
		amir := Citizen("amir")
		for range 2 {
			n.Lodge(amir, Filing())
		}
		n.Clock.Forward(time.Hour)
		last := Filing()
		n.Lodge(amir, last)
		_, err := n.Lifecycle.Lodge(n.Ctx(), Request(amir, "one too many"), Filing())
		var limit *lifecycle.LimitError
		if !errors.As(err, &limit) || !errors.Is(err, portal.ErrLimited) || limit.RetryAfter != 23*time.Hour {
			t.Fatalf("the fourth in a day: %v", err)
		}
		n.Lodge(Citizen("bano"), Filing())
		n.Clock.Forward(limit.RetryAfter)
		n.Lodge(amir, Filing())
		n.Check()
	})
}
