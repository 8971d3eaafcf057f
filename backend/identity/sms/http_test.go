package sms_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/citizens-portal/portal/backend/identity/sms"
)

var message = sms.Message{ID: "m-1", To: "+923451234567", Text: "کوڈ \"123456\" & <b>\nنئی سطر"}

// operator answers like one and keeps the last request.
type operator struct {
	status int
	answer string
	method string
	url    *url.URL
	header http.Header
	body   string
}

func (o *operator) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	o.method, o.url, o.header, o.body = r.Method, r.URL, r.Header, string(body)
	if o.status == 0 {
		return nil, errors.New("connection refused")
	}
	return &http.Response{StatusCode: o.status, Header: http.Header{"Location": {"https://elsewhere.example"}}, Body: io.NopCloser(strings.NewReader(o.answer)), Request: r}, nil
}

func example(t *testing.T, name string, op *operator) *sms.HTTP {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("examples", name))
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := sms.ParseHTTP(raw)
	if err != nil {
		t.Fatal(err)
	}
	for s := range cfg.Secrets {
		file := filepath.Join(t.TempDir(), s)
		if err := os.WriteFile(file, []byte("s3cret&"+s+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg.Secrets[s] = sms.Secret{File: file}
	}
	g, err := sms.NewHTTP(cfg, op)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestExamplesCarryTheTextUnharmed(t *testing.T) {
	t.Run("json", func(t *testing.T) {
		op := &operator{status: 202}
		if err := example(t, "json.json", op).Send(t.Context(), message); err != nil {
			t.Fatal(err)
		}
		var got map[string]string
		if err := json.Unmarshal([]byte(op.body), &got); err != nil {
			t.Fatal(err)
		}
		if got["text"] != message.Text || got["to"] != message.To || got["reference"] != "m-1" || op.header.Get("Authorization") != "Bearer s3cret&token" {
			t.Errorf("%v %v", got, op.header)
		}
	})
	t.Run("form", func(t *testing.T) {
		op := &operator{status: 200, answer: "0: queued"}
		if err := example(t, "form.json", op).Send(t.Context(), message); err != nil {
			t.Fatal(err)
		}
		got, err := url.ParseQuery(op.body)
		if err != nil || got.Get("message") != message.Text || got.Get("to") != "923451234567" || !strings.HasPrefix(op.header.Get("Authorization"), "Basic ") {
			t.Errorf("%v %v %v", got, op.header, err)
		}
	})
	t.Run("query", func(t *testing.T) {
		op := &operator{status: 200, answer: "<code>300</code>"}
		if err := example(t, "query.json", op).Send(t.Context(), message); err != nil {
			t.Fatal(err)
		}
		if q := op.url.Query(); q.Get("msg") != message.Text || q.Get("key") != "s3cret&key" || op.method != http.MethodGet {
			t.Errorf("%v", op.url)
		}
	})
}

func TestAnswersAreJudged(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		op      operator
		refused bool
	}{
		"server error":   {"json.json", operator{status: 503, answer: message.Text}, false},
		"refused":        {"json.json", operator{status: 422}, true},
		"redirect":       {"json.json", operator{status: 307}, false},
		"no success":     {"form.json", operator{status: 200, answer: "try later"}, false},
		"bad number":     {"form.json", operator{status: 200, answer: "Invalid number"}, true},
		"unreachable":    {"query.json", operator{}, false},
		"other status":   {"form.json", operator{status: 201, answer: "0:"}, false},
		"refused by tag": {"query.json", operator{status: 200, answer: "<code>404</code>"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			err := example(t, c.file, &c.op).Send(t.Context(), message)
			if err == nil || errors.Is(err, sms.ErrRefused) != c.refused {
				t.Fatalf("error %v, refused %v", err, c.refused)
			}
			for _, secret := range []string{"s3cret", "3451234567", "123456", "https://"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells %q: %v", secret, err)
				}
			}
		})
	}
}

func TestBadConfigurationsAreRefused(t *testing.T) {
	t.Setenv("SMS_EMPTY", "")
	for want, raw := range map[string]string{
		"configuration":    `{"methode":"POST"}`,
		"https":            `{"url":"http://sms.example.pk/"}`,
		"timeout_seconds":  `{"url":"https://x/","timeout_seconds":31}`,
		"no secret":        `{"url":"https://x/?k={{secret \"key\"}}"}`,
		"either file":      `{"url":"https://x/","secrets":{"k":{}}}`,
		"secrets.k":        `{"url":"https://x/","secrets":{"k":{"file":"/nowhere/at/all"}}}`,
		"is empty":         `{"url":"https://x/","secrets":{"k":{"env":"SMS_EMPTY"}}}`,
		"success_body":     `{"url":"https://x/","success_body":"("}`,
		"refused_body":     `{"url":"https://x/","refused_body":"("}`,
		"body":             `{"url":"https://x/","body":"{{.Nothing}}"}`,
		"headers.X":        `{"url":"https://x/","headers":{"X":"{{"}}`,
		"url or method":    `{"url":"https://x/","method":"B A D"}`,
		"unknown function": `{"url":"https://x/{{sms}}"}`,
	} {
		cfg, err := sms.ParseHTTP([]byte(raw))
		if err == nil {
			_, err = sms.NewHTTP(cfg, nil)
		}
		if want == "unknown function" {
			want = "url"
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", raw, err, want)
		}
	}
}

func TestLoopbackMayBeHTTP(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	g, err := sms.NewHTTP(sms.HTTPConfig{URL: srv.URL}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Send(t.Context(), message); err != nil {
		t.Error(err)
	}
}
