package server

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/identity/sms"
	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/seed"
	"github.com/citizens-portal/portal/backend/store"
)

// DemoFile names the made-up people of a demonstration, in the data folder, and
// how to sign in as them.
const DemoFile = "demo.json"

// DemoPerson is one of them.
type DemoPerson struct {
	Name     string `json:"name"`
	Role     string `json:"role"` // citizen, or an officer's post
	District string `json:"district"`
	// Officers sign in with these.
	Password   string `json:"password,omitempty"`
	TOTPSecret string `json:"totp_secret,omitempty"`
	Office     string `json:"office,omitempty"`
	// Citizens register or sign in with these; the PIN approves a new device.
	CNIC   string `json:"cnic,omitempty"`
	Mobile string `json:"mobile,omitempty"`
	PIN    string `json:"pin,omitempty"`
	Label  string `json:"label"` // for people
}

const (
	metaDemo                 = "demo-people"
	sealDemo    keys.Purpose = "demo-people"
	easyLetters              = "abcdefghjkmnpqrstuvwxyz23456789a" // 32 of them
)

// seedDemo fills a new demonstration store and writes demo.json. On a store
// that was seeded before, here or by another node, it only writes the file; on
// a live store it refuses.
func (b *Backend) seedDemo(ctx context.Context) error {
	mode, err := b.meta(ctx, metaMode)
	if err != nil {
		return err
	}
	if mode != modeDemo {
		return fmt.Errorf("--demo on a store with real data: %w", portal.ErrForbidden)
	}
	people, err := b.demoPeople(ctx)
	if errors.Is(err, store.ErrNotFound) {
		if people, err = b.makeDemo(ctx); err == nil {
			err = b.rememberDemo(ctx, people)
		}
	}
	if err != nil {
		return fmt.Errorf("demonstration data: %w", err)
	}
	return writeDemoFile(filepath.Join(b.DataDir, DemoFile), people)
}

func (b *Backend) demoPeople(ctx context.Context) ([]DemoPerson, error) {
	sealed, err := b.meta(ctx, metaDemo)
	if err != nil {
		return nil, err
	}
	raw, err := b.Keys.Open(sealDemo, metaDemo, sealed)
	if err != nil {
		return nil, err
	}
	var people []DemoPerson
	return people, json.Unmarshal(raw, &people)
}

func (b *Backend) rememberDemo(ctx context.Context, people []DemoPerson) error {
	raw, err := json.Marshal(people)
	if err != nil {
		return err
	}
	sealed, err := b.Keys.Seal(sealDemo, metaDemo, raw)
	if err != nil {
		return err
	}
	return b.Store.Update(ctx, func(tx store.Tx) error {
		return tx.PutRecord(ctx, store.Record{Kind: kindMeta, ID: metaDemo, Doc: []byte(sealed)})
	})
}

func writeDemoFile(path string, people []DemoPerson) error {
	raw, err := json.MarshalIndent(people, "", "  ")
	if err != nil {
		return err
	}
	partial := path + ".partial"
	if err := os.WriteFile(partial, append(raw, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(partial, path)
}

// makeDemo creates the people and plays the sample complaints through the same
// use cases as real ones, at the times they are meant to have happened.
func (b *Backend) makeDemo(ctx context.Context) ([]DemoPerson, error) {
	demo := seed.KPDemo()
	if err := b.putDirectory(ctx, portal.Dataset{Officers: demo.Officers}); err != nil {
		return nil, err
	}
	var people []DemoPerson
	for _, o := range demo.Officers {
		p, err := b.demoOfficer(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.ID, err)
		}
		people = append(people, p)
	}
	accounts := map[string]portal.AccountID{}
	for _, c := range demo.Citizens {
		p, account, err := b.demoCitizen(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.ID, err)
		}
		people, accounts[c.ID] = append(people, p), account
	}
	for _, c := range demo.Complaints {
		if err := b.play(ctx, c, accounts[c.Citizen]); err != nil {
			return nil, fmt.Errorf("%s: %w", c.ID, err)
		}
	}
	return people, nil
}

func (b *Backend) demoOfficer(ctx context.Context, o portal.Officer) (DemoPerson, error) {
	password, err := demoPassword(b.Rand, o.ID)
	if err != nil {
		return DemoPerson{}, err
	}
	enrolled, err := b.Identity.CreateOfficer(ctx, directory.Console, identity.Credential{Officer: o.ID, Password: password})
	if err != nil {
		return DemoPerson{}, err
	}
	office, _ := b.Directory.Current(ctx).Office(o.Office)
	area, _ := b.Directory.Current(ctx).Area(office.Area)
	p := DemoPerson{Name: string(o.ID), Role: string(o.Post), Password: password, TOTPSecret: enrolled.Secret.Reveal(), Office: string(o.Office), Label: o.Name}
	if area.Kind == portal.District {
		p.District = area.Slug
	}
	return p, nil
}

// demoPassword draws a password that passes the rules for officers: one that
// happens to hold the sign-in name ("cs" is short) is drawn again.
func demoPassword(random io.Reader, id portal.OfficerID) (string, error) {
	for {
		password, err := randomText(random, easyLetters, 20)
		if err != nil || !strings.Contains(password, string(id)) {
			return password, err
		}
	}
}

// capture is an SMS gateway that hands the message to whoever waits for it.
type capture struct {
	mu   sync.Mutex
	last string
}

func (c *capture) Send(_ context.Context, m sms.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = m.Text
	return nil
}

var otpShape = regexp.MustCompile(`\d{6}`)

func (c *capture) otp() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return otpShape.FindString(c.last)
}

// demoCitizen registers a made-up citizen through the front door: there is no
// other way to open an account.
func (b *Backend) demoCitizen(ctx context.Context, c seed.DemoCitizen) (DemoPerson, portal.AccountID, error) {
	inbox := &capture{}
	queue := sms.NewQueue(sms.QueueConfig{Store: b.Store, Keys: b.Keys, Gateway: inbox, Now: b.Now, Log: b.Log})
	people := identity.New(identity.Config{Store: b.Store, Keys: b.Keys, SMS: queue, Directory: b.Directory.Current, Now: b.Now, Rand: b.Rand})
	device, err := demoDevice()
	if err != nil {
		return DemoPerson{}, "", err
	}
	challenge, err := people.Register(ctx, identity.RegisterInput{CNIC: c.CNIC, Mobile: c.Mobile, Name: c.Name, District: string(c.District), Language: c.Language, Device: device})
	if err != nil {
		return DemoPerson{}, "", err
	}
	if err := queue.Drain(ctx); err != nil {
		return DemoPerson{}, "", err
	}
	session, err := people.Verify(ctx, identity.VerifyInput{Challenge: challenge.ID, OTP: inbox.otp(), Device: device})
	if err != nil {
		return DemoPerson{}, "", err
	}
	pin, err := randomText(b.Rand, "2345678923456789", 8)
	if err != nil {
		return DemoPerson{}, "", err
	}
	if err := people.SetPIN(ctx, session.Principal, pin); err != nil {
		return DemoPerson{}, "", err
	}
	area, _ := b.Directory.Current(ctx).Area(c.District)
	p := DemoPerson{Name: c.ID, Role: "citizen", District: area.Slug, CNIC: c.CNIC, Mobile: c.Mobile, PIN: pin, Label: c.Name}
	return p, session.Principal.Actor.Account, nil
}

func demoDevice() (identity.DeviceInput, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return identity.DeviceInput{}, err
	}
	return identity.DeviceInput{ID: uuid.NewString(), Key: base64.RawURLEncoding.EncodeToString(key), Name: "demonstration"}, nil
}

// play files one sample complaint in the past and takes its steps.
func (b *Backend) play(ctx context.Context, d seed.DemoComplaint, account portal.AccountID) error {
	now := b.Now().UTC().Truncate(time.Millisecond)
	lodged := now.Add(-d.Age)
	at := lodged
	service := lifecycle.New(lifecycle.Config{
		Store: b.Store, Directory: b.Directory.Current, Keys: b.Keys, Now: func() time.Time { return at }, Rand: b.Rand,
	})
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	citizen := portal.Actor{Kind: portal.CitizenActor, Account: account}
	_, err = service.Lodge(ctx, demoRequest(citizen), lifecycle.Filing{
		ID: id.String(), District: d.District, Category: d.Category,
		Body: portal.Complaint{Text: d.Text, Area: d.Area, Place: d.Place, Language: d.Language, WrittenAt: lodged, Sample: true},
	})
	if err != nil {
		return err
	}
	for _, step := range d.Steps {
		at = lodged.Add(step.After)
		actor := citizen
		if step.Officer != "" {
			o, _ := b.Directory.Current(ctx).Officer(step.Officer)
			actor = portal.Actor{Kind: portal.OfficerActor, Officer: o}
		}
		_, err := service.Act(ctx, demoRequest(actor), lifecycle.Ask{
			Case: id.String(), Action: step.Action, Text: step.Text, ToOffice: step.ToOffice, ToOfficer: step.ToOfficer, Rating: step.Rating,
		})
		if err != nil {
			return fmt.Errorf("%s after %s: %w", step.Action, step.After, err)
		}
	}
	return nil
}

func demoRequest(actor portal.Actor) lifecycle.Request {
	op := uuid.NewString()
	return lifecycle.Request{Actor: actor, Op: op, Device: "demo:" + op, N: 1, Hash: op}
}

// DemoPeople reads demo.json, officers first.
func DemoPeople(dataDir string) ([]DemoPerson, error) {
	raw, err := os.ReadFile(filepath.Join(dataDir, DemoFile))
	if err != nil {
		return nil, err
	}
	var people []DemoPerson
	if err := json.Unmarshal(raw, &people); err != nil {
		return nil, fmt.Errorf("%s: %w", DemoFile, err)
	}
	slices.SortStableFunc(people, func(a, b DemoPerson) int {
		return map[bool]int{true: 1}[a.Role == "citizen"] - map[bool]int{true: 1}[b.Role == "citizen"]
	})
	return people, nil
}
