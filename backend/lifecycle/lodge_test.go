package lifecycle_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	. "github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/backendtest/engines"
	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

func TestLodge(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		filing := Filing()
		res := n.Lodge(Citizen("amir"), filing)
		c := n.Case(filing.ID)
		if c.Status != portal.New || c.Office != "reeve-oasis-oasis" || c.LodgedAt != Filed || c.Code != res.Code || c.Citizen != "amir" {
			t.Errorf("filed as %+v", c)
		}
		if code, err := portal.ParseCode(string(res.Code)); err != nil || code != res.Code || !strings.HasPrefix(string(code), "TL-26-") {
			t.Errorf("code %q: %v", res.Code, err)
		}
		if res.LodgedAt != Filed || res.Version != 1 || res.Duplicate || res.Receipt == "" {
			t.Errorf("answer %+v", res)
		}
		if got := n.Notices(); got != nil {
			t.Errorf("filing told somebody by SMS: %v", got)
		}
	})
}

// TestLodgeOnce: however often and however a complaint comes, it is filed once.
func TestLodgeOnce(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		filing := Filing()
		amir := Citizen("amir")
		req := Request(amir, filing)
		first, err := n.Lifecycle.Lodge(n.Ctx(), req, filing)
		if err != nil {
			t.Fatal(err)
		}
		again := func(name string, req lifecycle.Request) {
			t.Helper()
			n.Clock.Forward(time.Hour)
			res, err := n.Lifecycle.Lodge(n.Ctx(), req, filing)
			if err != nil || !res.Duplicate || res.Code != first.Code || !res.LodgedAt.Equal(first.LodgedAt) || res.Receipt != first.Receipt {
				t.Errorf("%s: %+v, %v; want the first answer %+v", name, res, err, first)
			}
		}
		again("same operation", req)
		again("same operation once more", req)
		other := req
		other.Op, other.Device, other.N = uuid.NewString(), "a reinstalled app", 7
		again("another operation for the same complaint", other)
		again("that one repeated", other)
		moved := req
		moved.Device, moved.N = "a new device key", 1
		again("same operation from a new device", moved)

		feed, _ := n.Feed(store.CitizenFeed("amir"))
		if events := n.Events(filing.ID); len(events) != 1 || len(feed) != 1 {
			t.Errorf("%d events and %d feed entries of one filing", len(events), len(feed))
		}
	})
}

// TestAnotherComplaintUnderAFiledID: no receipt is signed for words that were
// not filed, and they are not dropped in silence either.
func TestAnotherComplaintUnderAFiledID(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		filing := Filing()
		amir := Citizen("amir")
		if _, err := n.Lifecycle.Lodge(n.Ctx(), Request(amir, filing), filing); err != nil {
			t.Fatal(err)
		}
		n.Clock.Forward(time.Hour)
		for name, change := range map[string]func(*lifecycle.Filing){
			"text":  func(f *lifecycle.Filing) { f.Body.Text = "what happened only today" },
			"place": func(f *lifecycle.Filing) { f.Body.Place = "elsewhere" },
			"files": func(f *lifecycle.Filing) {
				f.Body.Files = []portal.File{{SHA256: strings.Repeat("0a", 32), Size: 1, Type: "image/png"}}
			},
			"district": func(f *lifecycle.Filing) { f.District, f.Body.Area = "tl/delta/harbour", "" },
		} {
			changed := filing
			change(&changed)
			res, err := n.Lifecycle.Lodge(n.Ctx(), Request(amir, changed), changed)
			if !errors.Is(err, lifecycle.ErrOperationReused) || res.Receipt != "" {
				t.Errorf("another %s under a filed id: %+v, %v", name, res, err)
			}
		}
	})
}

func TestLodgeOnceInARace(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		filing := Filing()
		same := Request(Citizen("amir"), filing)
		codes := make([]portal.Code, 12)
		var wg sync.WaitGroup
		for i := range codes {
			wg.Go(func() {
				req := same
				if i%2 == 1 {
					req = Request(Citizen("amir"), filing)
				}
				res, err := n.Lifecycle.Lodge(n.Ctx(), req, filing)
				if err != nil {
					t.Errorf("%d: %v", i, err)
				}
				codes[i] = res.Code
			})
		}
		wg.Wait()
		if len(slices.Compact(slices.Sorted(slices.Values(codes)))) != 1 {
			t.Errorf("one complaint has codes %v", codes)
		}
	})
}

func TestOperationMisused(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		filing := Filing()
		req := Request(Citizen("amir"), filing)
		if _, err := n.Lifecycle.Lodge(n.Ctx(), req, filing); err != nil {
			t.Fatal(err)
		}
		changed := req
		changed.Hash = strings.Repeat("0", 64)
		if _, err := n.Lifecycle.Lodge(n.Ctx(), changed, filing); !errors.Is(err, lifecycle.ErrOperationReused) || !errors.Is(err, portal.ErrConflict) {
			t.Errorf("same operation, another body: %v", err)
		}
		copied := req
		copied.Op = uuid.NewString()
		if _, err := n.Lifecycle.Lodge(n.Ctx(), copied, Filing()); !errors.Is(err, lifecycle.ErrDeviceCopied) {
			t.Errorf("same device counter, another operation: %v", err)
		}
		if _, err := n.Lifecycle.Act(n.Ctx(), copied, lifecycle.Ask{Case: filing.ID, Action: portal.ActWithdraw, Text: "x"}); !errors.Is(err, lifecycle.ErrDeviceCopied) {
			t.Errorf("same device counter, an action: %v", err)
		}
		if c := n.Case(filing.ID); c.Version != 1 {
			t.Errorf("a refused operation changed the case: %+v", c)
		}
	})
}

// TestNobodyElsesAnswer: who learns of another's operation or complaint id gets
// nothing by it.
func TestNobodyElsesAnswer(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		filing := Filing()
		req := Request(Citizen("amir"), filing)
		if _, err := n.Lifecycle.Lodge(n.Ctx(), req, filing); err != nil {
			t.Fatal(err)
		}
		stolen := req
		stolen.Actor, stolen.Device = Citizen("zarmina"), "another"
		if res, err := n.Lifecycle.Lodge(n.Ctx(), stolen, filing); !errors.Is(err, portal.ErrConflict) || res.Code != "" {
			t.Errorf("another's operation: %+v, %v", res, err)
		}
		if res, err := n.Lifecycle.Lodge(n.Ctx(), Request(Citizen("zarmina"), filing), filing); !errors.Is(err, portal.ErrConflict) || res.Code != "" {
			t.Errorf("another's complaint id: %+v, %v", res, err)
		}
		if feed, _ := n.Feed(store.CitizenFeed("zarmina")); len(feed) != 0 {
			t.Errorf("her feed has %v", feed)
		}
	})
}

func TestLodgeIsRefused(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		filing := Filing()
		filing.District, filing.Body.Text = "tl/nowhere", " "
		_, err := n.Lifecycle.Lodge(n.Ctx(), Request(Citizen("amir"), filing), filing)
		var fields portal.FieldErrors
		if !errors.As(err, &fields) {
			t.Fatalf("error %v", err)
		}
		var names []string
		for _, f := range fields {
			names = append(names, f.Field)
		}
		if want := []string{"district", "area", "text"}; !slices.Equal(names, want) {
			t.Errorf("fields %v, want %v", names, want)
		}
		for _, a := range []portal.Actor{n.Officer("focal.oasis"), {Kind: portal.SystemActor}} {
			if _, err := n.Lifecycle.Lodge(n.Ctx(), Request(a, filing), Filing()); !errors.Is(err, portal.ErrForbidden) {
				t.Errorf("%s lodges: %v", a.Kind, err)
			}
		}
	})
}

// TestAcceptedStaysAccepted: an operation that was carried out is not refused
// later because rules have changed since.
func TestAcceptedStaysAccepted(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		filing := Filing()
		req := Request(Citizen("amir"), filing)
		first, err := n.Lifecycle.Lodge(n.Ctx(), req, filing)
		if err != nil {
			t.Fatal(err)
		}
		filing.Category = "wells" // no leaf any more
		res, err := n.Lifecycle.Lodge(n.Ctx(), req, filing)
		if err != nil || res.Code != first.Code || !res.Duplicate {
			t.Errorf("repeat: %+v, %v", res, err)
		}
	})
}

// loaded gives bytes that make the same code again and again, then random ones.
func loaded(times int) io.Reader {
	return io.MultiReader(bytes.NewReader(bytes.Repeat([]byte{7}, times*portal.CodeRandomLen)), rand.Reader)
}

func TestCodeTaken(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		n.Lifecycle.Rand = loaded(5)
		first := n.Lodge(Citizen("amir"), Filing())
		second := n.Lodge(Citizen("amir"), Filing())
		if first.Code == second.Code {
			t.Error("two complaints share a code")
		}
		n.Lifecycle.Rand = loaded(100)
		if _, err := n.Lifecycle.Lodge(n.Ctx(), Request(Citizen("amir"), nil), Filing()); !errors.Is(err, store.ErrExists) {
			t.Errorf("with no free code: %v", err)
		}
		n.Lifecycle.Rand = bytes.NewReader(nil)
		if _, err := n.Lifecycle.Lodge(n.Ctx(), Request(Citizen("amir"), nil), Filing()); !errors.Is(err, io.EOF) {
			t.Errorf("without randomness: %v", err)
		}
	})
}

// TestReceiptRestores: a complaint that a restore lost comes back with the code
// and the filing time that were promised; a forged promise is worth nothing. Its
// salts were lost with it, so that the new receipt promises another leaf.
func TestReceiptRestores(t *testing.T) {
	filing := Filing()
	amir := Citizen("amir")
	both.Each(t, func(t *testing.T, n *Node) {
		req := Request(amir, filing)
		elsewhere := New(t, engines.SQLite(t)) // as the server was before
		elsewhere.Lifecycle.Keys = n.Keys
		before, err := elsewhere.Lifecycle.Lodge(n.Ctx(), req, filing)
		if err != nil {
			t.Fatal(err)
		}
		n.Clock.Forward(8 * 24 * time.Hour)
		req.Receipt = before.Receipt
		after, err := n.Lifecycle.Lodge(n.Ctx(), req, filing)
		if err != nil || after.Code != before.Code || !after.LodgedAt.Equal(before.LodgedAt) || after.Receipt == before.Receipt || after.Duplicate {
			t.Fatalf("restored as %+v, %v; was %+v", after, err, before)
		}
		moves, err := n.Sweeper.Escalate(n.Ctx(), n.Clock.Now())
		if err != nil || len(moves) != 1 || !moves[0].DueAt.Equal(Filed.Add(7*24*time.Hour)) {
			t.Errorf("its clock: %+v, %v", moves, err)
		}
	})
	both.Each(t, func(t *testing.T, n *Node) {
		good := n.Lodge(amir, filing).Receipt
		stranger, err := keys.New(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		other := New(t, engines.SQLite(t))
		other.Lifecycle.Keys = stranger
		n.Clock.Forward(time.Hour)
		forged := map[string]string{
			"rubbish":          "receipt1|x",
			"another server's": other.Lodge(amir, filing).Receipt,
			"earlier time":     strings.Replace(good, "|"+unixMilli(Filed)+"|", "|"+unixMilli(Filed.Add(-time.Hour))+"|", 1),
			"another case's":   good,
		}
		for name, receipt := range forged {
			f := Filing()
			req := Request(amir, f)
			req.Receipt = receipt
			res, err := n.Lifecycle.Lodge(n.Ctx(), req, f)
			if err != nil || !res.LodgedAt.Equal(n.Clock.Now()) {
				t.Errorf("%s: filed at %s, %v", name, res.LodgedAt, err)
			}
		}
	})
}
