package httpapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
)

// TestTrackingPage opens the page a receipt's QR code leads to: with the secret
// it shows where the complaint stands and nothing of what was written; without,
// it is the same page as for a code that does not exist.
func TestTrackingPage(t *testing.T) {
	w := newWorld(t)
	citizen := w.citizen("+923451234567")
	secret := make([]byte, 16)
	hash := sha256.Sum256(secret)
	body := lodgeBody()
	body.SecretHash = hex.EncodeToString(hash[:])
	o := op(1, body.ID, "complaint.lodge", body)
	answers, _ := citizen.push(o)
	code, s := answers[0].Code, base64.RawURLEncoding.EncodeToString(secret)

	page := w.anonymous().do(http.MethodGet, "/track/"+code+"?s="+s+"&lang=en", nil)
	if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "Received") || !strings.Contains(page.Body.String(), code) {
		t.Fatalf("%d\n%s", page.Code, page.Body)
	}
	if strings.Contains(page.Body.String(), body.Text) {
		t.Error("the page shows what was written")
	}
	for header, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Language": "en"} {
		if got := page.Header().Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	urdu := w.anonymous().do(http.MethodGet, "/track/"+code+"?s="+s, nil)
	if !strings.Contains(urdu.Body.String(), `lang="ur" dir="rtl"`) || !strings.Contains(urdu.Body.String(), "موصول ہو گئی") {
		t.Errorf("without a wish it is in Urdu:\n%s", urdu.Body)
	}
	if size := urdu.Body.Len(); size > 50_000 {
		t.Errorf("%d bytes", size)
	}

	wrong := w.anonymous().do(http.MethodGet, "/track/"+code+"?s="+base64.RawURLEncoding.EncodeToString([]byte("another secret16"))+"&lang=en", nil)
	nobody := w.anonymous().do(http.MethodGet, "/track/TL-26-2222-2222?s="+s+"&lang=en", nil)
	if wrong.Code != http.StatusNotFound || nobody.Code != http.StatusNotFound {
		t.Errorf("wrong secret %d, unknown code %d", wrong.Code, nobody.Code)
	}
	if strings.Contains(wrong.Body.String(), "Received") {
		t.Error("a wrong secret shows the status")
	}
	for range 10 {
		wrong = w.anonymous().do(http.MethodGet, "/track/"+code+"?s=guess&lang=en", nil)
	}
	if wrong.Code != http.StatusTooManyRequests || wrong.Header().Get("Retry-After") == "" {
		t.Errorf("after more than ten tries in an hour: %d", wrong.Code)
	}
}
