package conformance

import "testing"

// Every difference in the list is one.
func TestDifferences(t *testing.T) {
	b := mustProbe(t)
	for _, d := range Differences {
		t.Run(d.Name, func(t *testing.T) {
			switch {
			case d.Reason == "" || d.Version == "" || (d.Handled == "") == (d.Avoided == ""):
				t.Error("the entry is incomplete")
			case (d.show == nil) == (d.Unshown == ""):
				t.Error("it is neither shown nor said why not")
			case d.show == nil:
				return
			}
			ours, theirs, err := demonstrate(d)
			if err != nil {
				t.Fatal(err)
			}
			want := d.Theirs
			if d.absent != nil && d.absent(b) {
				want = d.Ours
			}
			if ours != d.Ours || theirs != want {
				t.Errorf("ours: %q, want %q\nlibssl's: %q, want %q", ours, d.Ours, theirs, want)
			}
		})
	}
}
