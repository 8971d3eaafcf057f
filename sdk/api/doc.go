// Package api is the wire contract between every client and the portal's
// server: routes, request and answer types, operations, feeds and problems.
// Both sides import it, so the two cannot drift apart.
//
// It holds data only and imports the standard library only. It must never know
// how either side stores or decides anything. JSON names are for ever: fields
// are added, never renamed or re-used.
//
// Start reading at sync.go: one request carries operations up and events down.
package api

// Routes of the interface. All are under one base URL.
const (
	RouteSync        = "/v1/sync"
	RouteRegister    = "/v1/accounts"                // POST RegisterRequest → Challenge
	RouteLogin       = "/v1/sessions"                // POST LoginRequest → Challenge (citizens, by SMS)
	RouteVerify      = "/v1/sessions/verify"         // POST VerifyRequest → Session
	RouteResend      = "/v1/sessions/resend"         // POST ResendRequest → Challenge
	RouteRecover     = "/v1/sessions/recover"        // POST RecoverRequest → Session
	RouteOfficer     = "/v1/sessions/officer"        // POST OfficerLogin → Session
	RouteInvitation  = "/v1/sessions/invitation"     // POST InvitationRequest → Enrolment
	RouteRefresh     = "/v1/sessions/refresh"        // POST RefreshRequest → Session
	RouteLogout      = "/v1/sessions/logout"         // POST → 204
	RouteDevices     = "/v1/devices"                 // GET → []Device
	RouteDevice      = "/v1/devices/{id}"            // DELETE → 204
	RouteStepUp      = "/v1/sessions/step-up"        // POST StepUpRequest → 204
	RouteApprove     = "/v1/devices/{id}/approve"    // POST → 204
	RoutePIN         = "/v1/me/pin"                  // PUT sets it, POST approves this device by it → 204
	RouteMe          = "/v1/me"                      // GET → Profile
	RouteCollections = "/v1/collections/{name}"      // GET, ETag: areas, categories, offices, officers
	RouteComplaints  = "/v1/complaints"              // GET list, POST LodgeBody (integrators)
	RouteComplaint   = "/v1/complaints/{ref}"        // GET by id or code
	RouteEvents      = "/v1/complaints/{ref}/events" // GET
	RouteAct         = "/v1/complaints/{ref}/{action}"
	RouteCounters    = "/v1/counters"                        // GET, officers: their jurisdiction's counters
	RouteIdentity    = "/v1/complaints/{ref}/identity"       // POST RevealRequest → Identity (officers)
	RouteAccessLog   = "/v1/me/access-log"                   // GET → []Access
	RouteExport      = "/v1/me/export"                       // GET → Export, after a step-up
	RouteDeskAccount = "/v1/desk/accounts"                   // POST DeskAccountRequest → DeskAccount (officers)
	RouteFile        = "/v1/complaints/{ref}/files/{sha256}" // GET the bytes; ?thumb=1 a small JPEG
	RouteLog         = "/v1/log"                             // GET → LogInfo
	RouteCheckpoint  = "/v1/log/checkpoint"                  // GET the newest, text; ?witnesses=K the newest that K have cosigned
	RouteConsistency = "/v1/log/consistency"                 // GET ?from=&to= → LogConsistency
	RouteLogTiles    = "/v1/log/tile/"                       // GET hashes, as golang.org/x/mod/sumdb/tlog names tiles
	RouteCosign      = "/v1/log/cosignatures"                // POST a checkpoint with witnesses' signatures, text → LogCosigned
	RouteProof       = "/v1/complaints/{ref}/proof"          // GET → verify.Proof; ?witnesses=K
	RouteTrackProof  = "/track/{code}/proof"                 // GET ?s=SECRET → verify.Proof without words
	RouteUploads     = "/v1/files/"                          // tus 1.0: POST begins an upload, HEAD and PATCH continue it
)

// Headers.
const (
	// HeaderIdempotencyKey on a plain REST write is the operation's id (UUID).
	HeaderIdempotencyKey = "Idempotency-Key"
	// HeaderClient names the program and version, e.g. "portalctl/1.0".
	HeaderClient = "Portal-Client"
)

// SchemeReceipt stands in place of Bearer and signs a request with the receipt
// of a complaint that was filed without an account: 16 random bytes in base64url
// without padding. It opens RouteSync and that one complaint.
const SchemeReceipt = "Receipt"

// Metadata keys of an upload (tus's Upload-Metadata): the complaint's id and the
// promised SHA-256, hex. The upload's length is the promised size.
const (
	UploadCase   = "case"
	UploadSHA256 = "sha256"
)

// ProblemType is the media type of every error (RFC 9457).
const ProblemType = "application/problem+json"
