package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"
)

func TestKeysInTheirFormats(t *testing.T) {
	raw := append(bytes.Repeat([]byte{0xFB, 0xFF}, 15), 1, 2) // + and / in base64
	want, err := NewKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		hex.EncodeToString(raw),
		strings.ToUpper(hex.EncodeToString(raw)),
		base64.StdEncoding.EncodeToString(raw),
		base64.RawStdEncoding.EncodeToString(raw),
		base64.URLEncoding.EncodeToString(raw),
		base64.RawURLEncoding.EncodeToString(raw),
		"\t" + hex.EncodeToString(raw) + "\r\n",
	} {
		k, err := ParseKey(text)
		if err != nil || *k != *want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestKeysAreRefused(t *testing.T) {
	good := hex.EncodeToString(randomBytes(KeySize))
	for text, complaint := range map[string]string{
		"":                            "0 characters",
		good[:62]:                     "62 characters",
		good[:63] + "x":               "not all hexadecimal",
		strings.Repeat("!", 43):       "not base64",
		strings.Repeat("A", 42) + "B": "not base64", // bits behind the last byte
		strings.Repeat("0", 64):       "one byte 32 times",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=": "one byte 32 times",
	} {
		_, err := ParseKey(text)
		wantError(t, text, err, ErrConfig)
		if err != nil && !strings.Contains(err.Error(), complaint) {
			t.Errorf("error %q, want %q in it", err, complaint)
		}
		if len(text) > 40 && err != nil && strings.Contains(err.Error(), text[:8]) {
			t.Errorf("error %q quotes the key", err)
		}
	}
	for _, n := range []int{0, 16, 31, 33, 64} {
		_, err := NewKey(randomBytes(n))
		wantError(t, fmt.Sprint(n, " bytes"), err, ErrConfig)
	}
}

func TestAFileOfKeys(t *testing.T) {
	one, two := hex.EncodeToString(randomBytes(KeySize)), base64.StdEncoding.EncodeToString(randomBytes(KeySize))
	keys, err := ReadKeys(strings.NewReader("# the first seals\n\n" + one + "\r\n  " + two + "  "))
	if err != nil || len(keys) != 2 {
		t.Fatalf("%d keys, error %v", len(keys), err)
	}
	if k, _ := ParseKey(one); *keys[0] != *k {
		t.Error("the first key is another")
	}
	for file, complaint := range map[string]string{
		"":                           "number of keys is 0",
		"# nothing\n":                "number of keys is 0",
		one + "\n" + two[1:] + "\n":  "line 2: seal: key is",
		one + "\n#\n" + one + "\n":   "line 3: seal: key is the key of line 1",
		strings.Repeat("x", 100_000): "reading keys",
		manyKeys(maxKeyLines + 1):    "line 1001: seal: number of keys",
	} {
		_, err := ReadKeys(strings.NewReader(file))
		if err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("error %v, want %q in it", err, complaint)
		}
	}
	broken := errors.New("broken disk")
	_, err = ReadKeys(iotest.ErrReader(broken))
	wantError(t, "a reader's error", err, broken)
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%064x\n", i+1)
	}
	return b.String()
}

// No way of printing a key shows it.
func TestKeysAreNotShown(t *testing.T) {
	raw := []byte("abcdefghijklmnopqrstuvwxyz012345")
	k, err := NewKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("a key", "key", k)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("a key", "key", k, "keys", []*Key{k})
	_, err = json.Marshal(k)
	shown := fmt.Sprint(k) + fmt.Sprintf("%v %+v %#v %s %x %X %d %q", k, k, k, k, k, k, k, k) + log.String() + fmt.Sprint(err)
	for _, secret := range []string{"abcd", "6162", "97, 98", "97 98", "YWJj", "0x61"} {
		if strings.Contains(strings.ToLower(shown), strings.ToLower(secret)) {
			t.Errorf("%q shows the key", shown)
		}
	}
	if err == nil {
		t.Error("a key was marshalled")
	}
}

func TestWipe(t *testing.T) {
	k := testKey(t, 1)
	k.Wipe()
	if *k != (Key{}) {
		t.Error("a wiped key is not zero")
	}
}

// A key's id tells nothing but whether keys are equal.
func TestKeyIDs(t *testing.T) {
	one, again := testKey(t, 1), testKey(t, 1)
	if one.ID() != again.ID() || one.ID() == testKey(t, 2).ID() {
		t.Error("ids of equal keys are equal, of others not")
	}
	if got := testKey(t, 1).ID().String(); len(got) != 16 {
		t.Errorf("an id shows as %q", got)
	}
}
