package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"
)

// HTTPConfig describes an operator's interface, so that a new operator is a new
// JSON file and no new code. URL, header values and Body are Go templates over
// .To (E.164), .Text and .ID with these functions:
//
//	json      a JSON string, quoted and escaped
//	query     escaped for a URL's query or a form body
//	digits    the digits only: +92345… becomes 92345…
//	basic     "Basic …" for a user and a password
//	secret    a secret by name, from Secrets
type HTTPConfig struct {
	Method  string            `json:"method"` // POST when empty
	URL     string            `json:"url"`    // https, or http on loopback
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
	// SuccessStatus lists the statuses that mean accepted; 200 to 299 when empty.
	SuccessStatus []int `json:"success_status,omitempty"`
	// SuccessBody, a regular expression, must match the answer as well.
	SuccessBody string `json:"success_body,omitempty"`
	// RefusedStatus and RefusedBody tell answers after which another try is
	// useless from those worth one.
	RefusedStatus []int  `json:"refused_status,omitempty"`
	RefusedBody   string `json:"refused_body,omitempty"`
	// TimeoutSeconds for the whole exchange; 10 when 0, at most 30.
	TimeoutSeconds int               `json:"timeout_seconds,omitempty"`
	Secrets        map[string]Secret `json:"secrets,omitempty"`
}

// Secret says where a secret is read from: a file (its last line break is
// dropped) or an environment variable. Secrets never stand in the file itself.
type Secret struct {
	File string `json:"file,omitempty"`
	Env  string `json:"env,omitempty"`
}

// HTTP is a gateway over an operator's HTTP interface.
type HTTP struct {
	cfg     HTTPConfig
	url     *template.Template
	body    *template.Template
	headers map[string]*template.Template
	success *regexp.Regexp
	refused *regexp.Regexp
	client  *http.Client
}

const (
	defaultTimeout = 10 * time.Second
	maxTimeout     = 30 * time.Second
	maxAnswer      = 64 << 10
)

// ParseHTTP reads a configuration; unknown fields are errors, so that a
// mistyped one is noticed.
func ParseHTTP(raw []byte) (HTTPConfig, error) {
	var cfg HTTPConfig
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&cfg); err != nil {
		return cfg, fmt.Errorf("SMS operator's configuration: %w", err)
	}
	return cfg, nil
}

// NewHTTP checks a configuration whole, secrets included, and makes the
// gateway. transport may be nil. Errors name the field.
func NewHTTP(cfg HTTPConfig, transport http.RoundTripper) (*HTTP, error) {
	secrets, err := readSecrets(cfg.Secrets)
	if err != nil {
		return nil, err
	}
	if cfg.Method == "" {
		cfg.Method = http.MethodPost
	}
	timeout := defaultTimeout
	if cfg.TimeoutSeconds != 0 {
		timeout = time.Duration(cfg.TimeoutSeconds) * time.Second
	}
	if timeout <= 0 || timeout > maxTimeout {
		return nil, fmt.Errorf("timeout_seconds: from 1 to %d", maxTimeout/time.Second)
	}
	h := &HTTP{cfg: cfg, headers: map[string]*template.Template{}}
	h.client = &http.Client{Transport: transport, Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // a redirect would carry the secret elsewhere
	}}
	if err := h.compile(secrets); err != nil {
		return nil, err
	}
	return h, h.rehearse()
}

func readSecrets(from map[string]Secret) (map[string]string, error) {
	out := map[string]string{}
	for name, s := range from {
		switch {
		case (s.File == "") == (s.Env == ""):
			return nil, fmt.Errorf("secrets.%s: give either file or env", name)
		case s.File != "":
			raw, err := os.ReadFile(s.File)
			if err != nil {
				return nil, fmt.Errorf("secrets.%s: %w", name, err)
			}
			out[name] = strings.TrimRight(string(raw), "\r\n")
		default:
			out[name] = os.Getenv(s.Env)
		}
		if out[name] == "" {
			return nil, fmt.Errorf("secrets.%s is empty", name)
		}
	}
	return out, nil
}

func (h *HTTP) compile(secrets map[string]string) error {
	funcs := template.FuncMap{
		"json":   quoteJSON,
		"query":  url.QueryEscape,
		"digits": digits,
		"basic": func(user, password string) string {
			r := http.Request{Header: http.Header{}}
			r.SetBasicAuth(user, password)
			return r.Header.Get("Authorization")
		},
		"secret": func(name string) (string, error) {
			if s, ok := secrets[name]; ok {
				return s, nil
			}
			return "", fmt.Errorf("no secret %q", name)
		},
	}
	parse := func(name, text string) (*template.Template, error) {
		t, err := template.New(name).Funcs(funcs).Option("missingkey=error").Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return t, nil
	}
	var err error
	if h.url, err = parse("url", h.cfg.URL); err != nil {
		return err
	}
	if h.body, err = parse("body", h.cfg.Body); err != nil {
		return err
	}
	for name, value := range h.cfg.Headers {
		if h.headers[name], err = parse("headers."+name, value); err != nil {
			return err
		}
	}
	if h.success, err = regexp.Compile(h.cfg.SuccessBody); err != nil {
		return fmt.Errorf("success_body: %w", err)
	}
	if h.refused, err = regexp.Compile(h.cfg.RefusedBody); err != nil {
		return fmt.Errorf("refused_body: %w", err)
	}
	return nil
}

// quoteJSON is a JSON string without HTML escapes, which some operators count
// as characters.
func quoteJSON(s string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(s)
	return strings.TrimRight(b.String(), "\n"), err
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// rehearse builds one request, so that a mistake shows at start and not at the
// first citizen.
func (h *HTTP) rehearse() error {
	req, err := h.request(context.Background(), Message{ID: "rehearsal", To: "+923000000000", Text: `"ا & <`})
	if err != nil {
		return err
	}
	host := req.URL.Hostname()
	loopback := host == "localhost" || net.ParseIP(host).IsLoopback()
	if req.URL.Scheme != "https" && (req.URL.Scheme != "http" || !loopback) {
		return errors.New("url: it must be https, or http on this machine")
	}
	return nil
}

func (h *HTTP) request(ctx context.Context, m Message) (*http.Request, error) {
	var address, body strings.Builder
	if err := h.url.Execute(&address, m); err != nil {
		return nil, err
	}
	if err := h.body.Execute(&body, m); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, h.cfg.Method, address.String(), strings.NewReader(body.String()))
	if err != nil {
		return nil, errors.New("url or method: they do not make a request") // err would tell the secret
	}
	for name, t := range h.headers {
		var value strings.Builder
		if err := t.Execute(&value, m); err != nil {
			return nil, err
		}
		req.Header.Set(name, value.String())
	}
	return req, nil
}

// Send hands a message to the operator. Errors tell the status only: the
// address may hold a secret, the answer the text.
func (h *HTTP) Send(ctx context.Context, m Message) error {
	req, err := h.request(ctx, m)
	if err != nil {
		return errors.New("SMS operator: the request cannot be built")
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return fmt.Errorf("SMS operator: %w", withoutURL(err))
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("SMS operator: read answer: %w", withoutURL(err))
	}
	return h.judge(resp.StatusCode, answer)
}

func (h *HTTP) judge(status int, answer []byte) error {
	accepted := status >= 200 && status < 300
	if len(h.cfg.SuccessStatus) > 0 {
		accepted = slices.Contains(h.cfg.SuccessStatus, status)
	}
	switch {
	case slices.Contains(h.cfg.RefusedStatus, status), h.cfg.RefusedBody != "" && h.refused.Match(answer):
		return fmt.Errorf("status %d: %w", status, ErrRefused)
	case !accepted:
		return fmt.Errorf("SMS operator: status %d", status)
	case !h.success.Match(answer):
		return fmt.Errorf("SMS operator: status %d, but the answer is not the one success_body describes", status)
	}
	return nil
}

func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
