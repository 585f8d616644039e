package seal

import (
	"testing"
)

func TestNames(t *testing.T) {
	names := func(secret, scope string) *Names {
		n, err := NewNames([]byte(secret), []byte(scope))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	secret, other := string(testSecret), string(testSecret[1:])+"!"
	seen := map[string]string{}
	for what, name := range map[string][]byte{
		"a name":               names(secret, "a").Append(nil, []byte("id")),
		"another id":           names(secret, "a").Append(nil, []byte("ie")),
		"a longer id":          names(secret, "a").Append(nil, []byte("id\x00")),
		"another scope":        names(secret, "b").Append(nil, []byte("id")),
		"moved into the scope": names(secret, "ai").Append(nil, []byte("d")),
		"another secret":       names(other, "a").Append(nil, []byte("id")),
	} {
		if len(name) != NameSize {
			t.Errorf("%s has %d bytes", what, len(name))
		}
		if before, ok := seen[string(name)]; ok {
			t.Errorf("%s is that of %s", what, before)
		}
		seen[string(name)] = what
	}
	again := names(secret, "a").Append([]byte("dst"), []byte("id"))
	if seen[string(again[3:])] != "a name" || string(again[:3]) != "dst" {
		t.Error("the same id has another name")
	}
	_, err := NewNames(testSecret[1:], nil)
	wantError(t, "31 bytes", err, ErrConfig)
	_, err = NewNames(make([]byte, 32), nil)
	wantError(t, "zeros", err, ErrConfig)
}
