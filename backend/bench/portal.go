package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync/atomic"

	"github.com/google/uuid"
)

// sampleText is what a citizen might write: 300 characters of Urdu and English.
const sampleText = "ہمارے محلے میں پانی کی مین لائن تین دن سے ٹوٹی ہوئی ہے۔ سڑک پر پانی کھڑا ہے اور گھروں میں پانی نہیں آ رہا۔ ward 7, near the girls' school. براہ کرم جلد مرمت کروائیں۔ پہلے بھی دو بار بتایا گیا تھا مگر کوئی نہیں آیا۔ بچے نالے سے پانی لا رہے ہیں۔"

// startPortal starts portald on its embedded store and signs citizens in
// through the front door.
func startPortal(ctx context.Context, name, portald, dir string, sessions int) (*target, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	smsFile := filepath.Join(dir, "sms.jsonl")
	proc, url, err := start(ctx, "listening on ", portald, "serve", "--data", filepath.Join(dir, "data"), "--addr", "127.0.0.1:0", "--sms-file", smsFile)
	if err != nil {
		return nil, err
	}
	tokens := make([]string, sessions)
	for i := range tokens {
		if tokens[i], err = signUp(ctx, url, smsFile, i); err != nil {
			proc.stop()
			return nil, err
		}
	}
	category, err := firstLeaf(ctx, url)
	if err != nil {
		proc.stop()
		return nil, err
	}
	var turn atomic.Int64
	token := func() string { return "Bearer " + tokens[int(turn.Add(1))%len(tokens)] }
	// made remembers who filed what: only its owner can read a complaint, and
	// one citizen may not ask without end.
	made := make([]atomic.Pointer[filed], 4*sessions)
	var filings, readings atomic.Int64
	return &target{
		name: name,
		proc: proc,
		create: func(int, int) (request, error) {
			id, err := uuid.NewV7()
			if err != nil {
				return request{}, err
			}
			body, err := json.Marshal(map[string]any{"id": id.String(), "category": category, "district": "swat", "text": sampleText})
			auth := token()
			made[int(filings.Add(1))%len(made)].Store(&filed{id.String(), auth})
			return request{http.MethodPost, url + "/v1/complaints", body, map[string]string{"Authorization": auth, "Idempotency-Key": uuid.Must(uuid.NewV7()).String()}}, err
		},
		list: func(int) request {
			return request{http.MethodGet, url + "/v1/complaints?limit=30", nil, map[string]string{"Authorization": token()}}
		},
		get: func(int) request {
			var f *filed
			for f == nil {
				f = made[int(readings.Add(1))%len(made)].Load()
			}
			return request{http.MethodGet, url + "/v1/complaints/" + f.id, nil, map[string]string{"Authorization": f.owner}}
		},
	}, nil
}

type filed struct{ id, owner string }

func firstLeaf(ctx context.Context, url string) (string, error) {
	type node struct {
		Code     string `json:"code"`
		Children []node `json:"children"`
	}
	var list []node
	if err := call(ctx, http.MethodGet, url+"/v1/collections/categories", nil, &list); err != nil {
		return "", err
	}
	n := list[0]
	for len(n.Children) > 0 {
		n = n.Children[0]
	}
	return n.Code, nil
}

func signUp(ctx context.Context, url, smsFile string, i int) (string, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return "", err
	}
	device := map[string]string{"id": uuid.NewString(), "key": base64.RawURLEncoding.EncodeToString(key), "name": "bench"}
	mobile := fmt.Sprintf("+92300%07d", i)
	var challenge struct {
		Challenge string `json:"challenge"`
	}
	err := call(ctx, http.MethodPost, url+"/v1/accounts", map[string]any{"cnic": fmt.Sprintf("15602%07d1", i), "mobile": mobile, "name": "Bench", "district": "swat", "device": device}, &challenge)
	if err != nil {
		return "", err
	}
	otp, err := lastOTP(smsFile, mobile)
	if err != nil {
		return "", err
	}
	var session struct {
		Access string `json:"access"`
	}
	err = call(ctx, http.MethodPost, url+"/v1/sessions/verify", map[string]any{"challenge": challenge.Challenge, "otp": otp, "device": device}, &session)
	return session.Access, err
}

var otpShape = regexp.MustCompile(`\b\d{6}\b`)

func lastOTP(file, mobile string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	otp, lines := "", bufio.NewScanner(f)
	for lines.Scan() {
		var m struct{ To, Text string }
		if json.Unmarshal(lines.Bytes(), &m) == nil && m.To == mobile {
			otp = otpShape.FindString(m.Text)
		}
	}
	if otp == "" {
		return "", fmt.Errorf("no OTP for %s", mobile)
	}
	return otp, lines.Err()
}

func call(ctx context.Context, method, url string, in, out any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	hr, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	hr.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(hr)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s: %.300s", resp.Status, body)
	}
	return json.Unmarshal(body, out)
}
