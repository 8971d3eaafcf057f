package api

import "time"

// DeviceInfo introduces a device when it signs in.
type DeviceInfo struct {
	// ID is random, made on the device, and names it for ever.
	ID string `json:"id" minLength:"16" maxLength:"64"`
	// Key is the device's secret, 32 random bytes in base64url without padding;
	// the server keeps its hash only and asks for it when tokens are refreshed.
	Key string `json:"key" minLength:"43" maxLength:"43"`
	// Name is what people see in the list of devices, e.g. "portalctl on linux".
	Name string `json:"name,omitempty" maxLength:"80"`
}

// RegisterRequest opens an account. The answer is the same whether or not the
// number is known already: a known number signs in.
type RegisterRequest struct {
	CNIC     string     `json:"cnic" maxLength:"32"`   // 13 digits, shown 5-7-1; an unverified claim
	Mobile   string     `json:"mobile" maxLength:"32"` // +923XXXXXXXXX or 03XX-XXXXXXX
	Name     string     `json:"name" maxLength:"120"`
	District string     `json:"district" maxLength:"120"` // slug or path
	Language string     `json:"language,omitempty" maxLength:"2"`
	Device   DeviceInfo `json:"device"`
}

// LoginRequest asks for an OTP for a known number; the answer for an unknown
// number looks the same.
type LoginRequest struct {
	Mobile string     `json:"mobile" maxLength:"32"`
	Device DeviceInfo `json:"device"`
}

// Challenge is answered with the OTP of the SMS.
type Challenge struct {
	Challenge string    `json:"challenge"`
	ExpiresAt time.Time `json:"expires_at"`
	// ResendAfterSeconds is how long to wait before asking for another SMS.
	ResendAfterSeconds int `json:"resend_after_seconds"`
}

// ResendRequest asks for the SMS of a challenge once more.
type ResendRequest struct {
	Challenge string     `json:"challenge" maxLength:"64"`
	Device    DeviceInfo `json:"device"`
}

// RecoverRequest signs in with the recovery code on paper instead of an SMS.
type RecoverRequest struct {
	Mobile string     `json:"mobile" maxLength:"32"`
	Code   string     `json:"code" maxLength:"64"`
	Device DeviceInfo `json:"device"`
}

// InvitationRequest uses up an officer's one-time invitation: it sets the
// password and brings the TOTP secret.
type InvitationRequest struct {
	Token    string `json:"token" maxLength:"64"`
	Password string `json:"password" maxLength:"256"`
}

// Enrolment is what an officer puts into an authenticator app, shown once.
type Enrolment struct {
	Name       string `json:"name"`
	TOTPSecret string `json:"totp_secret"` // base32
	TOTPURL    string `json:"totp_url"`    // otpauth://…, for a QR code
}

// VerifyRequest answers a challenge.
type VerifyRequest struct {
	Challenge string     `json:"challenge" maxLength:"64"`
	OTP       string     `json:"otp" maxLength:"16"`
	Device    DeviceInfo `json:"device"`
}

// OfficerLogin signs an officer in. TOTP codes are single use.
type OfficerLogin struct {
	Name     string     `json:"name" maxLength:"80"`
	Password string     `json:"password" maxLength:"256"`
	TOTP     string     `json:"totp" maxLength:"16"`
	Device   DeviceInfo `json:"device"`
}

// RefreshRequest trades a refresh token for a new session. The same token from
// the same device gets the same successor until that one has been used, so that
// a lost answer signs nobody out; from elsewhere it ends the whole family.
type RefreshRequest struct {
	Refresh string     `json:"refresh" maxLength:"64"`
	Device  DeviceInfo `json:"device"`
}

// Session is what a signed-in device holds.
type Session struct {
	Access           string    `json:"access"` // bearer token
	AccessExpiresAt  time.Time `json:"access_expires_at"`
	Refresh          string    `json:"refresh"`
	RefreshExpiresAt time.Time `json:"refresh_expires_at"`
	Profile          Profile   `json:"profile"`
	// RecoveryCode is shown once, at sign-up: paper for the day the phone is lost.
	RecoveryCode string `json:"recovery_code,omitempty"`
}

// Profile is who is signed in.
type Profile struct {
	// Subject is the account's or officer's id: "c:…" or "o:…".
	Subject  string `json:"subject"`
	Kind     string `json:"kind"` // citizen or officer
	Name     string `json:"name"`
	District string `json:"district,omitempty"` // citizen: path
	Language string `json:"language,omitempty"`
	Office   string `json:"office,omitempty"` // officer
	Post     string `json:"post,omitempty"`
	Title    Text   `json:"title,omitzero"`
	// Feeds the viewer reads.
	Feeds []string `json:"feeds"`
	// OldCasesFrom, when set, is when complaints of before this sign-in become
	// visible on a new device that no older one has approved.
	OldCasesFrom time.Time `json:"old_cases_from,omitzero"`
}

// Device is one phone or computer of an account.
type Device struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Current  bool      `json:"current"`
	Approved bool      `json:"approved"`
	AddedAt  time.Time `json:"added_at"`
	SeenAt   time.Time `json:"seen_at"`
}

// Text is a phrase in three languages; an empty one falls back to English.
type Text struct {
	EN       string `json:"en"`
	UR       string `json:"ur,omitempty"`
	PS       string `json:"ps,omitempty"`
	Reviewed bool   `json:"reviewed,omitempty"`
}

// In gives the phrase in a language ("en", "ur", "ps"), else in English.
func (t Text) In(lang string) string {
	switch {
	case lang == "ur" && t.UR != "":
		return t.UR
	case lang == "ps" && t.PS != "":
		return t.PS
	}
	return t.EN
}
