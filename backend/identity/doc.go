// Package identity says who is acting: citizens by mobile number and one-time
// password, officers by password and TOTP, the devices they use, and the
// sessions that stand for them afterwards.
//
// An account is a mobile number and an opaque id. Who the person is (name,
// CNIC, number) lies in a sealed record of its own that nothing here gives to
// anyone but its owner. All limits are counted in the store under a lock, so
// they hold across nodes and restarts; none goes by network address, because
// one address may be a whole town.
//
// It must never know cases, HTTP or the wire format. Answers for known and
// unknown numbers and names are the same, and take the same steps.
//
// Start reading at Service; then challenge.go (the way in for citizens),
// officer.go (for officers) and session.go (what both get).
package identity
