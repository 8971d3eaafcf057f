package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// The tracking page is where a receipt's QR code leads: where a complaint
// stands, for whoever holds the paper, without an account and without script. It
// shows status, holder and dates, never what was written. A wrong secret and a
// code that does not exist give the same page.

const (
	kindTracking = "tracking-tries"
	// trackingTries an hour per code, right or wrong.
	trackingTries = 10
	trackingHour  = time.Hour
)

//go:embed track.html
var trackHTML string

var trackPage = template.Must(template.New("track").Parse(trackHTML))

// trackView is what the page shows.
type trackView struct {
	Lang, Dir string
	W         map[string]string // words
	Code      string
	Status    string
	Holder    string
	Lodged    string
	Due       string
	Steps     []trackStep
	Problem   string
	Self      string // the page itself, for the language links
}

type trackStep struct{ What, When string }

// track serves GET /track/{code}?s=SECRET&lang=….
func (a *API) track(w http.ResponseWriter, r *http.Request) {
	lang := pageLanguage(r)
	v := trackView{Lang: lang, Dir: "rtl", W: trackWords(lang), Code: r.PathValue("code")}
	if lang == "en" {
		v.Dir = "ltr"
	}
	v.Self = "?s=" + template.URLQueryEscaper(r.URL.Query().Get("s")) + "&lang="
	status := http.StatusOK
	switch err := a.readTracking(r.Context(), r.PathValue("code"), r.URL.Query().Get("s"), &v); {
	case errors.Is(err, portal.ErrLimited):
		status, v.Problem = http.StatusTooManyRequests, v.W["limited"]
		w.Header().Set("Retry-After", strconv.Itoa(int(trackingHour/time.Second)))
	case errors.Is(err, portal.ErrNotFound):
		status, v.Problem = http.StatusNotFound, v.W["unknown"]
	case err != nil:
		a.log.ErrorContext(r.Context(), "tracking page", slog.String("request_id", requestID(r.Context())), slog.Any("error", err))
		status, v.Problem = http.StatusServiceUnavailable, v.W["later"]
	}
	var page bytes.Buffer
	if err := trackPage.Execute(&page, v); err != nil {
		a.log.ErrorContext(r.Context(), "tracking page", slog.Any("error", err))
		http.Error(w, v.W["later"], http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", lang)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // the peer may be gone
}

// pageLanguage is the language asked for, else the browser's, else Urdu.
func pageLanguage(r *http.Request) string {
	for _, wish := range append([]string{r.URL.Query().Get("lang")}, strings.Split(r.Header.Get("Accept-Language"), ",")...) {
		wish, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(wish)), ";")
		wish, _, _ = strings.Cut(wish, "-")
		if wish == "en" || wish == "ur" || wish == "ps" {
			return wish
		}
	}
	return "ur"
}

// readTracking fills in the page.
func (a *API) readTracking(ctx context.Context, ref, secret string, v *trackView) error {
	dir := a.Directory(ctx)
	return a.tracked(ctx, ref, secret, func(tx store.Tx, c portal.Case) error {
		events, err := tx.Events(ctx, c.ID, 0)
		if err != nil {
			return err
		}
		v.fill(dir, c, events)
		return nil
	})
}

// tracked counts the try, compares the secret, and shows the case to do.
func (a *API) tracked(ctx context.Context, ref, secret string, do func(store.Tx, portal.Case) error) error {
	code, err := portal.ParseCode(ref)
	if err != nil {
		return portal.ErrNotFound
	}
	if err := a.countTracking(ctx, code); err != nil {
		return err
	}
	return a.Store.View(ctx, func(tx store.Tx) error {
		c, err := tx.CaseByCode(ctx, store.ScopeOf(portal.Actor{Kind: portal.SystemActor}), code)
		if err != nil {
			return err
		}
		body, err := filed(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		if !secretMatches(secret, body.SecretHash) {
			return portal.ErrNotFound
		}
		return do(tx, c)
	})
}

// filed gives what was filed.
func filed(ctx context.Context, tx store.Tx, id string) (body portal.Complaint, err error) {
	raw, err := tx.Body(ctx, id)
	if err != nil {
		return body, err
	}
	return body, json.Unmarshal(raw, &body)
}

func secretMatches(secret, hash string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(secret)
	if err != nil || len(raw) != 16 || hash == "" {
		return false
	}
	sum := sha256.Sum256(raw)
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(strings.ToLower(hash))) == 1
}

// countTracking counts a try on a code, whether or not the code exists.
func (a *API) countTracking(ctx context.Context, code portal.Code) error {
	return a.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.Lock(ctx, kindTracking+"/"+string(code)); err != nil {
			return err
		}
		r, err := tx.Record(ctx, kindTracking, string(code))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err != nil || !a.Now().Before(r.ExpiresAt) {
			r = store.Record{Kind: kindTracking, ID: string(code), Doc: []byte("0"), ExpiresAt: a.Now().Add(trackingHour)}
		}
		tries, _ := strconv.Atoi(string(r.Doc)) // it is ours
		if tries >= trackingTries {
			return portal.ErrLimited
		}
		r.Doc = strconv.AppendInt(nil, int64(tries+1), 10)
		return tx.PutRecord(ctx, r)
	})
}

// fill shows where the case stands. Dates are the day in Pakistan, the only one
// the reader's paper knows.
func (v *trackView) fill(dir *portal.Directory, c portal.Case, events []portal.Event) {
	pakistan := time.FixedZone("PKT", 5*60*60)
	day := func(t time.Time) string { return t.In(pakistan).Format("2006-01-02") }
	v.Code, v.Status, v.Lodged = string(c.Code), v.W[string(c.Status)], day(c.LodgedAt)
	if o, ok := dir.Office(c.Office); ok {
		v.Holder = o.Name.In(v.Lang)
	}
	if due, ok := portal.Deadline(dir, c); ok && c.Status.Open() {
		v.Due = day(due)
	}
	for i := len(events) - 1; i >= 0; i-- {
		e := events[i]
		if what := v.W["did_"+string(e.Action)]; what != "" {
			at := e.At
			if !e.DueAt.IsZero() {
				at = e.DueAt
			}
			v.Steps = append(v.Steps, trackStep{what, day(at)})
		}
	}
}
