package authority

import (
	"crypto/x509"
	"testing"
)

// What is issued verifies against the pool under its name and for its use, and
// under no other.
func TestIssue(t *testing.T) {
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	other, err := New()
	if err != nil {
		t.Fatal(err)
	}
	serials := make(map[string]bool)
	for name, usage := range map[string]x509.ExtKeyUsage{"server.example": x509.ExtKeyUsageServerAuth, "client.example": x509.ExtKeyUsageClientAuth} {
		issued, err := a.Issue(name, usage)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(issued.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		serials[leaf.SerialNumber.String()] = true
		verify := func(pool *x509.CertPool, name string, usage x509.ExtKeyUsage) error {
			_, err := leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name, KeyUsages: []x509.ExtKeyUsage{usage}})
			return err
		}
		if err := verify(a.Pool(), name, usage); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for what, err := range map[string]error{
			"another name":      verify(a.Pool(), "other.example", usage),
			"another use":       verify(a.Pool(), name, x509.ExtKeyUsageCodeSigning),
			"another authority": verify(other.Pool(), name, usage),
		} {
			if err == nil {
				t.Errorf("%s is good for %s", name, what)
			}
		}
	}
	if len(serials) != 2 {
		t.Error("two certificates have the same serial number")
	}
}
