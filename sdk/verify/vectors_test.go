package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/citizens-portal/portal/sdk/verify"
)

var update = flag.Bool("update", false, "rewrite the test vectors")

// vectors are a worked example for other languages; docs/design/transparency.md
// walks through it.
type vectors struct {
	Key        string       `json:"key"`
	Receipt    string       `json:"receipt"`
	RecordHash []string     `json:"record_hashes_base64"`
	Leaves     []string     `json:"leaves_hex"`
	Proof      verify.Proof `json:"proof"`
	Outcome    string       `json:"outcome"`
}

const vectorFile = "vectors.json"

// fixedSigner signs with a key made of the bytes 0 to 31: a key for tests only.
type fixedSigner struct {
	note.Verifier
	private ed25519.PrivateKey
}

func (s fixedSigner) Sign(m []byte) ([]byte, error) { return ed25519.Sign(s.private, m), nil }

func counted(from byte) []byte {
	b := make([]byte, 32)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

func makeVectors(t testing.TB) vectors {
	private := ed25519.NewKeyFromSeed(counted(0))
	const name = "citizens-portal/0011223344556677"
	vkey, err := note.NewEd25519VerifierKey(name, private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	out := vectors{Key: vkey}
	filed := time.Date(2026, 11, 24, 9, 0, 0, 123_000_000, time.UTC)
	const id = "01935a00-0000-7000-8000-000000000001"
	words := []string{
		string(verify.Encode(verify.Words{Text: "پانی نہیں آ رہا <ward 7> & \"street 3\"", Category: "water-supply", District: "kp/malakand/swat", Language: "ur"})),
		string(verify.Encode(verify.Words{Text: "We have seen it."})),
	}
	people := []verify.People{{Account: "a1"}, {Officer: "focal.swat"}}
	events := []verify.Event{
		{Action: "lodge", Role: "citizen", Status: "new", Code: "KP-26-7F3K-Q2MX", ToOffice: "dc-swat", At: verify.Time(filed)},
		{Action: "acknowledge", Role: "distributor", Status: "acknowledged", Office: "dc-swat", At: verify.Time(filed.Add(time.Hour))},
	}
	proof := verify.Proof{Case: id, Code: "KP-26-7F3K-Q2MX"}
	var hashes []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		got := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			got[i] = hashes[x]
		}
		return got, nil
	})
	prev, size := "", int64(0)
	grow := func(leaf verify.Hash) {
		more, err := tlog.StoredHashesForRecordHash(size, verify.RecordHash(leaf), read)
		if err != nil {
			t.Fatal(err)
		}
		hashes, size = append(hashes, more...), size+1
	}
	sign := func(at time.Time) string {
		root, err := tlog.TreeHash(size, read)
		if err != nil {
			t.Fatal(err)
		}
		c := verify.Checkpoint{Log: name, Epoch: "e1", Size: size, Root: root, At: at}
		signed, err := note.Sign(&note.Note{Text: c.Text()}, fixedSigner{v, private})
		if err != nil {
			t.Fatal(err)
		}
		return string(signed)
	}
	grow(verify.Commit(counted(200), []byte("another complaint's event")))
	for i, e := range events {
		salt, wordsSalt, peopleSalt := counted(byte(32*i)), counted(byte(64+32*i)), counted(byte(128+32*i))
		e.V, e.Case, e.N, e.Prev = verify.Version, id, int64(i+1), prev
		e.Words, e.People = verify.Hex(verify.Commit(wordsSalt, []byte(words[i]))), verify.Hex(verify.Commit(peopleSalt, verify.Encode(people[i])))
		raw := verify.Encode(e)
		leaf := verify.Commit(salt, raw)
		prev = verify.Hex(leaf)
		out.Leaves, out.RecordHash = append(out.Leaves, prev), append(out.RecordHash, verify.RecordHash(leaf).String())
		if i == 0 {
			m := verify.Receipt{Case: id, Code: proof.Code, LodgedAt: filed, BodySHA256: verify.Hex(verify.Commit(nil, []byte("{}"))), Leaf: leaf, Within: time.Hour}.Message()
			out.Receipt = m + "|k1." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(private, []byte(m)))
		}
		proof.Events = append(proof.Events, verify.EventProof{Event: string(raw), Salt: salt, Words: words[i], WordsSalt: wordsSalt, Position: size, First: i - 1})
		grow(leaf)
		if i == 0 {
			proof.Earlier = []verify.Earlier{{Checkpoint: sign(filed.Add(5 * time.Second))}}
		}
	}
	proof.Events[0].First, proof.Events[1].First = 0, -1
	grow(verify.Commit(counted(201), []byte("and one more")))
	proof.Checkpoint = sign(filed.Add(2 * time.Hour))
	if proof.Earlier[0].Consistency, err = tlog.ProveTree(size, 2, read); err != nil {
		t.Fatal(err)
	}
	for i := range proof.Events {
		if proof.Events[i].Inclusion, err = tlog.ProveRecord(size, proof.Events[i].Position, read); err != nil {
			t.Fatal(err)
		}
	}
	out.Proof, out.Outcome = proof, string(verify.Verified)
	return out
}

// TestVectors: the worked example is what the code makes, byte by byte, and it
// verifies.
func TestVectors(t *testing.T) {
	var made bytes.Buffer
	e := json.NewEncoder(&made)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(makeVectors(t)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", vectorFile)
	if *update {
		if err := os.WriteFile(file, made.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, made.Bytes()) {
		t.Errorf("the formats have changed: receipts and proofs that people keep would not verify any more\n%s", made.Bytes())
	}
}

func readVectors(t testing.TB) vectors {
	raw, err := os.ReadFile(filepath.Join("testdata", vectorFile))
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func policy(t testing.TB, keys ...string) verify.Policy {
	k, err := verify.ParseKeys(keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	return verify.Policy{Keys: k}
}

// TestOutcomes takes the example and breaks it in one way at a time.
func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*vectors)
		want  verify.Outcome
	}{
		{"as it is", func(*vectors) {}, verify.Verified},
		{"no receipt", func(v *vectors) { v.Receipt = "" }, verify.Verified},
		{"no words", func(v *vectors) { v.Proof.Events[0].Words, v.Proof.Events[0].WordsSalt = "", nil }, verify.Verified},
		{"words without their salt", func(v *vectors) { v.Proof.Events[0].WordsSalt = nil }, verify.NotVerified},
		{"no events", func(v *vectors) { v.Proof.Events = nil }, verify.NotVerified},
		{"an event left out", func(v *vectors) { v.Proof.Events = v.Proof.Events[1:] }, verify.NotVerified},
		{"events exchanged", func(v *vectors) {
			v.Proof.Events[0], v.Proof.Events[1] = v.Proof.Events[1], v.Proof.Events[0]
		}, verify.NotVerified},
		{"waiting though time is over", func(v *vectors) { v.Proof.Events[0].Position, v.Proof.Events[1].Position = -1, -1 }, verify.NotVerified},
		{"waiting in the middle", func(v *vectors) { v.Proof.Events[0].Position = -1 }, verify.NotVerified},
		{"said to be early", func(v *vectors) { v.Proof.Events[1].First = 0 }, verify.NotVerified},
		{"a checkpoint that is not there", func(v *vectors) { v.Proof.Events[1].First = 7 }, verify.NotVerified},
		{"late", func(v *vectors) { v.Proof.Events[0].First = -1 }, verify.Late},
		{"another complaint", func(v *vectors) { v.Proof.Case = "another" }, verify.NotVerified},
		{"a receipt that is none", func(v *vectors) { v.Receipt = "receipt9|x" }, verify.NotVerified},
		{"a proof of another log", func(v *vectors) { v.Proof.Earlier[0].Consistency = nil }, verify.NotVerified},
		{"a position outside", func(v *vectors) { v.Proof.Events[0].Position = 1 << 40 }, verify.NotVerified},
		{"no checkpoint", func(v *vectors) { v.Proof.Checkpoint = "" }, verify.NotVerified},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := readVectors(t)
			c.spoil(&v)
			if got := policy(t, v.Key).Verify(v.Receipt, v.Proof); got.Outcome != c.want || (got.Reason == "") != (c.want == verify.Verified) {
				t.Errorf("%s (%s), want %s", got.Outcome, got.Reason, c.want)
			}
		})
	}
}

// FuzzVerify: whatever bytes come, they are answered and never verify by
// accident.
func FuzzVerify(f *testing.F) {
	v := readVectors(f)
	raw, err := json.Marshal(v.Proof)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(v.Receipt, string(raw))
	f.Add("", "{}")
	p := policy(f, v.Key)
	f.Fuzz(func(t *testing.T, receipt, proof string) {
		var got verify.Proof
		if json.Unmarshal([]byte(proof), &got) != nil {
			return
		}
		r := p.Verify(receipt, got)
		if r.OK() && (got.Case != v.Proof.Case || receipt != "" && len(r.Events) == 0) {
			t.Errorf("%q verifies", proof)
		}
	})
}

// FuzzReceipt: what is read as a receipt is signed over the very text it came as.
func FuzzReceipt(f *testing.F) {
	f.Add(readVectors(f).Receipt)
	f.Add("receipt1|id|KP-00-0000-0000|0|00|k.s")
	f.Add("receipt2||||||")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := verify.ParseReceipt(text)
		if err != nil {
			return
		}
		if message, signature := r.Signed(); string(message)+"|"+signature != text {
			t.Errorf("%q was read as %q and %q", text, message, signature)
		}
	})
}

// A journalist's tool: the receipt of the QR code, the proof as the portal sent
// it, and the log's key from the newspaper that prints it.
func ExamplePolicy_Verify() {
	raw, err := os.ReadFile(filepath.Join("testdata", vectorFile))
	if err != nil {
		fmt.Println(err)
		return
	}
	var file struct {
		Key, Receipt string
		Proof        verify.Proof
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		fmt.Println(err)
		return
	}
	keys, err := verify.ParseKeys([]string{file.Key}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	result := verify.Policy{Keys: keys}.Verify(file.Receipt, file.Proof)
	fmt.Println(result.Outcome)
	fmt.Println("filed", verify.Time(result.PromisedAt), "in the log", verify.Time(result.IntegratedAt))
	for _, e := range result.Events {
		fmt.Println(e.Event.N, e.Event.Action, e.Event.Status)
	}
	// Output:
	// verified
	// filed 2026-11-24T09:00:00.123Z in the log 2026-11-24T09:00:05.123Z
	// 1 lodge new
	// 2 acknowledge acknowledged
}
