package latency

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// exact is what the percentile of a histogram stands for: the smallest time
// that at least so many percent of the times do not exceed.
func exact(times []int64, percent float64) int64 {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[int(math.Ceil(percent/100*float64(len(sorted))))-1]
}

func recorded(times ...int64) *Recorder {
	r := NewRecorder()
	for _, t := range times {
		r.Record(t)
	}
	return r
}

func spread(n int, seed uint64) (times []int64) {
	r := rand.New(rand.NewPCG(seed, 1))
	for range n {
		times = append(times, int64(math.Exp(r.Float64()*20))) // 1 ns to ½ s
	}
	return times
}

func checkSummary(t *testing.T, s *Summary, times []int64) {
	t.Helper()
	for _, c := range []struct {
		percent float64
		got     int64
	}{{50, s.P50}, {99, s.P99}, {99.9, s.P999}, {99.99, s.P9999}} {
		want := exact(times, c.percent)
		if c.got < want || float64(c.got) > 1.01*float64(want) {
			t.Errorf("percentile %v is %d, want %d and at most 1%% more", c.percent, c.got, want)
		}
	}
	if s.Count != int64(len(times)) || s.Max != slices.Max(times) {
		t.Errorf("%d times up to %d, want %d up to %d", s.Count, s.Max, len(times), slices.Max(times))
	}
}

func TestSummary(t *testing.T) {
	times := spread(50_000, 1)
	checkSummary(t, recorded(times...).Summary(), times)
	if NewRecorder().Summary() != nil {
		t.Error("there is a summary of nothing")
	}
	if s := recorded(7).Summary(); s.P50 != 7 || s.P9999 != 7 || s.Max != 7 {
		t.Errorf("one time of 7 ns: %+v", s)
	}
}

func TestTimesOutOfRange(t *testing.T) {
	if s := recorded(-5, 2*longest).Summary(); s.Count != 2 || s.P50 != 0 || s.Max != longest {
		t.Errorf("%+v", s)
	}
}

func TestRecordersMerge(t *testing.T) {
	a, b := spread(10_000, 1), spread(30_000, 2)
	r := recorded(a...)
	r.Merge(recorded(b...))
	checkSummary(t, r.Summary(), slices.Concat(a, b))
	r.Reset()
	if r.Count() != 0 || r.Summary() != nil {
		t.Error("Reset left something")
	}
}

// Summaries of slices, sent and stored as JSON, add up to that of the whole.
func TestSummariesMerge(t *testing.T) {
	all := recorded()
	summaries := []*Summary{nil}
	for seed := range uint64(5) {
		r := recorded(spread(5_000, seed)...)
		all.Merge(r)
		text, err := json.Marshal(r.Summary())
		if err != nil {
			t.Fatal(err)
		}
		back := new(Summary)
		if err := json.Unmarshal(text, back); err != nil {
			t.Fatal(err)
		}
		summaries = append(summaries, back)
	}
	got, err := Merge(summaries...)
	if want := all.Summary(); err != nil || *got != *want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got, err := Merge(nil, nil); got != nil || err != nil {
		t.Errorf("of nothing: %+v, %v", got, err)
	}
}

func TestBrokenSummaries(t *testing.T) {
	good := recorded(1, 2, 3).Summary()
	for _, c := range []struct {
		s    Summary
		want string
	}{
		{Summary{Count: 3, Histogram: "nonsense"}, "histogram of summary 1"},
		{Summary{Count: 4, Histogram: good.Histogram}, "has 3 times, its count is 4"},
	} {
		if _, err := Merge(good, &c.s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want something with %q", err, c.want)
		}
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	r := NewRecorder()
	clock := NewClock()
	if n := testing.AllocsPerRun(100, func() { r.Record(clock.Now()) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestClock(t *testing.T) {
	c := NewClock()
	if a, b := c.Now(), c.Now(); a < 0 || b < a {
		t.Errorf("the clock goes from %d to %d", a, b)
	}
	if cost := ClockCost(); cost <= 0 {
		t.Errorf("a reading costs %v ns", cost)
	}
}
