package seal

import (
	"encoding/hex"
	"testing"
)

// What version 1 sealed with the first test key for testData.
const (
	oldEnvelope    = "0167525e65f9fe6bd47a8ce05cee8a20ecd315d2c07f6639932315e3d29c50790f4eb7eb7c86d03cc18f8d9ff7191374f58387a758b64a91a886"                     // "a session"
	oldStream      = "0267525e65f9fe6bd49df5493e2b4317fa92e6dccf5c42f36182d746ad983f0d396cdc051b770193d280000017791a880ad5a17206d0f18cc238718118967d8ca6d10b66" // "a cache"
	oldEmptyStream = "0267525e65f9fe6bd4b9cff7741fd664ad4e91386f7d035f463df2cd24804b3de571a0f569179888da800000100034668b156496fad31424a0d790a3cf"
)

func decodeHex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What an earlier version sealed must open in later ones.
func TestOldEnvelopesAndStreamsOpen(t *testing.T) {
	r := testRing(t, 1)
	got, err := r.Open(nil, decodeHex(t, oldEnvelope), testData())
	if err != nil || string(got) != "a session" {
		t.Errorf("opened %q, error %v", got, err)
	}
	for stream, want := range map[string]string{oldStream: "a cache", oldEmptyStream: ""} {
		got, err := openStream(r, decodeHex(t, stream))
		if err != nil || string(got) != want {
			t.Errorf("opened %q, error %v", got, err)
		}
	}
}
