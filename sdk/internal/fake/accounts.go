package fake

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

// Who is signed in, and how they came in.

func (s *Server) challenge(w http.ResponseWriter, r *http.Request) {
	in, ok := read[struct{ Mobile string }](w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	id := fmt.Sprint("challenge-", s.serial)
	s.asked[id] = in.Mobile
	reply(w, api.Challenge{Challenge: id, ExpiresAt: s.Now().Add(5 * time.Minute), ResendAfterSeconds: 60})
}

func (s *Server) verify(w http.ResponseWriter, r *http.Request) {
	in, ok := read[api.VerifyRequest](w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	mobile, ok := s.asked[in.Challenge]
	if !ok || in.OTP != OTP {
		refuse(w, http.StatusUnprocessableEntity, api.TypeInvalid)
		return
	}
	if s.people[mobile] == "" {
		s.people[mobile] = "c:" + strings.TrimPrefix(mobile, "+") + s.Born
	}
	sub := s.people[mobile]
	out := s.open(citizen(sub), in.Device.ID)
	out.RecoveryCode = RecoveryCode
	reply(w, out)
}

func (s *Server) resend(w http.ResponseWriter, r *http.Request) {
	in, ok := read[api.ResendRequest](w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked[in.Challenge] == "" {
		refuse(w, http.StatusUnprocessableEntity, api.TypeInvalid)
		return
	}
	reply(w, api.Challenge{Challenge: in.Challenge, ExpiresAt: s.Now().Add(5 * time.Minute), ResendAfterSeconds: 60})
}

// RecoveryCode, PIN and Invitation are what the fake accepts.
const (
	RecoveryCode = "PAPER-CODE"
	PIN          = "271828"
	Invitation   = "invitation"
)

func (s *Server) recover(w http.ResponseWriter, r *http.Request) {
	in, ok := read[api.RecoverRequest](w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := s.people[in.Mobile]
	if sub == "" || in.Code != RecoveryCode {
		refuse(w, http.StatusUnprocessableEntity, api.TypeInvalid)
		return
	}
	reply(w, s.open(citizen(sub), in.Device.ID))
}

func (s *Server) invitation(w http.ResponseWriter, r *http.Request) {
	in, ok := read[api.InvitationRequest](w, r)
	if !ok {
		return
	}
	if in.Token != Invitation {
		refuse(w, http.StatusUnprocessableEntity, api.TypeInvalid)
		return
	}
	reply(w, api.Enrolment{Name: "officer", TOTPSecret: "SECRET", TOTPURL: "otpauth://totp/portal"})
}

// pin sets the PIN, which is always PIN, and lets the device see everything.
func (s *Server) pin(w http.ResponseWriter, r *http.Request) {
	in, ok := read[struct{ PIN string }](w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch v := s.viewer(r); {
	case v == nil:
		refuse(w, http.StatusUnauthorized, api.TypeSignedOut)
	case in.PIN != PIN:
		refuse(w, http.StatusUnauthorized, api.TypeSignedOut)
	default:
		delete(s.Hidden, v.device)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) me(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.viewer(r); v != nil {
		reply(w, v.profile)
		return
	}
	refuse(w, http.StatusUnauthorized, api.TypeSignedOut)
}

func citizen(sub string) api.Profile {
	return api.Profile{Subject: sub, Kind: "citizen", Name: "Test Citizen", District: "kp/malakand/swat", Feeds: []string{"feed/" + sub}}
}

func (s *Server) officer(w http.ResponseWriter, r *http.Request) {
	in, ok := read[api.OfficerLogin](w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.Password != Password {
		refuse(w, http.StatusUnauthorized, api.TypeSignedOut)
		return
	}
	reply(w, s.open(api.Profile{Subject: "o:" + in.Name, Kind: "officer", Name: in.Name, Office: "dc.swat", Feeds: []string{DeskFeed}}, in.Device.ID))
}

// DeskFeed is the feed of the one desk there is.
const DeskFeed = "feed/desk"

// open starts a session; the caller holds the lock.
func (s *Server) open(p api.Profile, device string) api.Session {
	s.serial++
	if !s.OldCasesFrom.IsZero() {
		p.OldCasesFrom = s.OldCasesFrom
		if s.Hidden == nil {
			s.Hidden = map[string]bool{}
		}
		s.Hidden[device] = true
	}
	out := api.Session{
		Access: fmt.Sprint("access-", s.serial), Refresh: fmt.Sprint("refresh-", s.serial), Profile: p,
		AccessExpiresAt: s.Now().Add(15 * time.Minute), RefreshExpiresAt: s.Now().Add(60 * 24 * time.Hour),
	}
	s.sessions[out.Access] = &session{profile: p, device: device, refresh: out.Refresh}
	return out
}

func (s *Server) refresh(w http.ResponseWriter, r *http.Request) {
	in, ok := read[api.RefreshRequest](w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, old := range s.sessions {
		if old.refresh != in.Refresh || old.device != in.Device.ID {
			continue
		}
		if old.next == nil {
			next := s.open(old.profile, old.device)
			old.next, old.ended = &next, true
		}
		reply(w, *old.next)
		return
	}
	refuse(w, http.StatusUnauthorized, api.TypeSignedOut)
}

// viewer finds the session of a request; the caller holds the lock.
func (s *Server) viewer(r *http.Request) *session {
	v := s.sessions[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if v == nil || v.ended {
		return nil
	}
	return v
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.viewer(r); v != nil {
		v.ended, v.refresh = true, ""
	}
	w.WriteHeader(http.StatusNoContent)
}

// ForgetAccounts has nobody signed up any more, as after a restore from a backup
// that is older than all accounts.
func (s *Server) ForgetAccounts() {
	s.EndSessions()
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.people)
}

// EndAccess lets all access tokens run out; EndSessions ends all sessions.
func (s *Server) EndAccess() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.sessions {
		v.ended = true
	}
}

// EndSessions signs everybody out.
func (s *Server) EndSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions = map[string]*session{}
}

func (s *Server) devices(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.viewer(r)
	if v == nil {
		refuse(w, http.StatusUnauthorized, api.TypeSignedOut)
		return
	}
	reply(w, []api.Device{{ID: v.device, Name: "this", Current: true, Approved: !s.Hidden[v.device]}})
}
