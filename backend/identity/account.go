package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/citizens-portal/portal/backend/identity/sms"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// accountDoc is the account: nothing in it says who the citizen is.
type accountDoc struct {
	ID       portal.AccountID `json:"id"`
	Index    string           `json:"index"` // of the number; empty once deleted or the number was taken back
	Language string           `json:"language,omitempty"`
	// Recovery is the keyed hash of the recovery code, PIN the slow hash.
	Recovery  string    `json:"recovery,omitempty"`
	PIN       string    `json:"pin,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	// SetupEnds is set while the recovery code is one printed at a desk: it is
	// good until then, for the first sign-in.
	SetupEnds time.Time `json:"setup_ends,omitzero"`
	DeletedAt time.Time `json:"deleted_at,omitzero"`
	// Unproved is set while only a desk's word joins the number to the account:
	// no SMS to it was ever answered by the one whose card the desk wrote down.
	Unproved bool `json:"unproved,omitempty"`
}

// personDoc is the complainant's identity as it lies in its own record: sealed,
// apart from the account, found by the CNIC's blind index.
type personDoc struct {
	Sealed string `json:"sealed"`
	// Shared flags a CNIC that another account claims too. It is not refused:
	// a CNIC is an unverified claim, and refusing would let a squatter shut
	// its owner out.
	Shared bool `json:"shared,omitempty"`
}

// person is what personDoc seals.
type person struct {
	Name     string        `json:"name"`
	CNIC     string        `json:"cnic"`
	Mobile   string        `json:"mobile"`
	District portal.AreaID `json:"district"`
}

// RegisterInput opens an account.
type RegisterInput struct {
	CNIC     string
	Mobile   string
	Name     string
	District string // slug or path
	Language string // "en", "ur", "ps", or empty
	Device   DeviceInput
}

// check gives the input's parsed form, or all wrong fields at once.
func (in RegisterInput) check(dir *portal.Directory) (person, Mobile, error) {
	who, mobile, err := in.checkPerson(dir)
	return who, mobile, portal.Collect(err, in.Device.check())
}

// checkPerson is check without the device, which a desk has none of.
func (in RegisterInput) checkPerson(dir *portal.Directory) (person, Mobile, error) {
	cnic, errCNIC := ParseCNIC(in.CNIC)
	mobile, errMobile := ParseMobile(in.Mobile)
	name, errName := parseName(in.Name)
	district, ok := dir.DistrictBySlug(strings.TrimSpace(in.District))
	var errDistrict error
	if !ok {
		errDistrict = portal.Invalid("district", "district_unknown", "%q is not a district: choose one from the list of areas", in.District)
	}
	err := portal.Collect(errCNIC, errMobile, errName, errDistrict, checkLanguage(in.Language))
	return person{name, cnic.Reveal(), mobile.Reveal(), district.ID}, mobile, err
}

func parseName(s string) (string, error) {
	name := strings.Join(strings.Fields(s), " ")
	switch {
	case name == "":
		return "", portal.Invalid("name", "name_missing", "please write your name")
	case utf8.RuneCountInString(name) > 120:
		return "", portal.Invalid("name", "name_long", "a name has at most 120 characters")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return "", portal.Invalid("name", "name_characters", "the name has characters that cannot be read")
	}
	return name, nil
}

func checkLanguage(lang string) error {
	switch lang {
	case "", "en", "ur", "ps":
		return nil
	}
	return portal.Invalid("language", "language_unknown", "use en, ur or ps")
}

func (s *Service) numberIndex(m Mobile) string { return s.cfg.Keys.BlindIndex("mobile", m.Reveal()) }

// accountByIndex finds the account of a number; false when there is none.
func accountByIndex(ctx context.Context, tx store.Tx, index string) (accountDoc, bool, error) {
	docs, err := list[accountDoc](ctx, tx, kindAccount, index)
	if err != nil || len(docs) == 0 {
		return accountDoc{}, false, err
	}
	return docs[0], true, nil
}

func putAccount(ctx context.Context, tx store.Tx, a accountDoc) error {
	return put(ctx, tx, kindAccount, string(a.ID), a.Index, a, time.Time{})
}

// createAccount makes the account and the person apart from it, and gives the
// recovery code. The caller holds the number's lock.
func (s *Service) createAccount(ctx context.Context, tx store.Tx, index, lang string, who person) (accountDoc, string, error) {
	id, err := s.randomID()
	if err != nil {
		return accountDoc{}, "", err
	}
	a := accountDoc{ID: portal.AccountID(id), Index: index, Language: lang, CreatedAt: s.now()}
	code, err := s.newRecovery(&a)
	if err != nil {
		return accountDoc{}, "", err
	}
	if err := s.putPerson(ctx, tx, a.ID, who); err != nil {
		return accountDoc{}, "", err
	}
	if err := putAccount(ctx, tx, a); err != nil {
		return accountDoc{}, "", err
	}
	return a, code, s.audit(ctx, tx, "c:"+id, "account.create", id, "")
}

func (s *Service) putPerson(ctx context.Context, tx store.Tx, id portal.AccountID, who person) error {
	sealed, err := s.cfg.Keys.Seal(sealPerson, string(id), mustJSON(who))
	if err != nil {
		return err
	}
	index := s.cfg.Keys.BlindIndex("cnic", who.CNIC)
	same, err := tx.Records(ctx, kindPerson, index)
	if err != nil {
		return err
	}
	d := personDoc{Sealed: sealed, Shared: len(same) > 0}
	if d.Shared {
		if err := s.audit(ctx, tx, "c:"+string(id), "cnic.shared", string(id), fmt.Sprintf("with %d other accounts", len(same))); err != nil {
			return err
		}
	}
	return put(ctx, tx, kindPerson, string(id), index, d, time.Time{})
}

func (s *Service) person(ctx context.Context, tx store.Tx, id portal.AccountID) (person, error) {
	d, err := get[personDoc](ctx, tx, kindPerson, string(id), s.now())
	if err != nil {
		return person{}, err
	}
	raw, err := s.cfg.Keys.Open(sealPerson, string(id), d.Sealed)
	if err != nil {
		return person{}, err
	}
	var who person
	if err := json.Unmarshal(raw, &who); err != nil {
		return person{}, fmt.Errorf("person of account %s: %w", id, err)
	}
	return who, nil
}

// Profile gives a principal's own particulars, and nobody else's.
func (s *Service) Profile(ctx context.Context, p Principal) (Profile, error) {
	if p.Actor.Kind == portal.OfficerActor {
		return Profile{Name: p.Actor.Officer.Name, Officer: p.Actor.Officer}, nil
	}
	var out Profile
	err := s.cfg.Store.View(ctx, func(tx store.Tx) error {
		a, err := get[accountDoc](ctx, tx, kindAccount, string(p.Actor.Account), s.now())
		if err != nil {
			return err
		}
		who, err := s.person(ctx, tx, a.ID)
		out = Profile{Name: who.Name, District: who.District, Language: a.Language}
		return err
	})
	return out, err
}

// Pseudonym gives the neutral name under which officers know a citizen.
func (s *Service) Pseudonym(a portal.AccountID) string { return s.cfg.Keys.Pseudonym(string(a)) }

// Notify enqueues an SMS to a citizen in the caller's transaction, in the
// citizen's language. The number never leaves this package; the text must not
// tell what a complaint is about. Without a way to send it does nothing, and
// for an account without a number too. Call NotifyNow after the commit.
func (s *Service) Notify(ctx context.Context, tx store.Tx, account portal.AccountID, text portal.Text) error {
	if !s.cfg.SMS.Ready() {
		return nil
	}
	a, err := get[accountDoc](ctx, tx, kindAccount, string(account), s.now())
	if errors.Is(err, store.ErrNotFound) || err == nil && a.Index == "" {
		return nil // deleted, or the number is somebody else's
	}
	if err != nil {
		return err
	}
	who, err := s.person(ctx, tx, account)
	if err != nil {
		return err
	}
	id, err := s.messageID()
	if err != nil {
		return err
	}
	return s.cfg.SMS.Enqueue(ctx, tx, sms.Message{ID: id, To: who.Mobile, Text: text.In(a.Language)})
}

// NotifyNow wakes the SMS queue after a commit with notices.
func (s *Service) NotifyNow() {
	if s.cfg.SMS != nil {
		s.cfg.SMS.Kick()
	}
}

// messageID sorts by time, so that the queue sends the oldest first.
func (s *Service) messageID() (string, error) {
	id, err := s.randomID()
	return fmt.Sprintf("%013d-%s", s.now().UnixMilli(), id), err
}

// MayDelete says whether the principal's device may have the account deleted: a
// stolen number must not erase its owner. Errors: portal.ErrForbidden.
func (s *Service) MayDelete(ctx context.Context, p Principal) error {
	if p.Actor.Kind != portal.CitizenActor || p.Actor.Account.Anonymous() {
		return portal.ErrForbidden
	}
	return s.cfg.Store.View(ctx, func(tx store.Tx) error {
		d, err := get[deviceDoc](ctx, tx, kindDevice, deviceID(p.Actor.Account, p.Device), s.now())
		if errors.Is(err, store.ErrNotFound) || err == nil && !d.trusted(s.now()) {
			return portal.ErrForbidden
		}
		return err
	})
}

// DeleteAccount erases who the citizen is and signs all devices out. Ask
// MayDelete first, and have the words of their complaints erased before this:
// afterwards nobody is left to ask for it.
func (s *Service) DeleteAccount(ctx context.Context, p Principal) error {
	if p.Actor.Kind != portal.CitizenActor {
		return portal.ErrForbidden
	}
	id := p.Actor.Account
	defer s.cache.dropSubject(subjectOf(p.Actor))
	return s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		a, err := get[accountDoc](ctx, tx, kindAccount, string(id), s.now())
		if err != nil {
			return err
		}
		devices, err := list[deviceDoc](ctx, tx, kindDevice, string(id))
		if err != nil {
			return err
		}
		for _, d := range devices {
			if d.ID == p.Device && !d.trusted(s.now()) {
				return portal.ErrForbidden // a stolen number must not erase its owner
			}
		}
		for _, d := range devices {
			if err := tx.DeleteRecord(ctx, kindDevice, deviceID(id, d.ID)); err != nil {
				return err
			}
		}
		if err := tx.DeleteRecord(ctx, kindPerson, string(id)); err != nil {
			return err
		}
		if err := forgetChallenges(ctx, tx, a.Index); err != nil {
			return err
		}
		if err := s.endSessions(ctx, tx, subjectOf(p.Actor), "", "account deleted"); err != nil {
			return err
		}
		if err := putAccount(ctx, tx, accountDoc{ID: id, CreatedAt: a.CreatedAt, DeletedAt: s.now()}); err != nil {
			return err
		}
		return s.audit(ctx, tx, subjectOf(p.Actor), "account.delete", string(id), "")
	})
}

// forgetChallenges deletes what sign-ins of the last minutes have sealed about a
// number's owner. Without a number there are none: "" would mean everybody's.
func forgetChallenges(ctx context.Context, tx store.Tx, index string) error {
	if index == "" {
		return nil
	}
	open, err := tx.Records(ctx, kindChallenge, index)
	if err != nil {
		return err
	}
	for _, r := range open {
		if err := tx.DeleteRecord(ctx, kindChallenge, r.ID); err != nil {
			return err
		}
	}
	return nil
}
