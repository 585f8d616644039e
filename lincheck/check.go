package lincheck

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/reprise-tls/reprise/shards"
)

// verdict is what the check of one history found.
type verdict struct {
	operations   int
	overlapped   int           // operations beside another one on the same id
	inconclusive int           // checks that took too long
	longest      time.Duration // of a check
	problems     []string
	violations   []violation
}

// violation is a part of a history that no order explains.
type violation struct {
	model string
	part  []porcupine.Operation
	check porcupine.Model
}

// checkTime is how long one check may take before it counts as inconclusive.
const checkTime = 10 * time.Second

// check checks a finished history.
func (h *history) check() verdict {
	all := h.operations()
	v := verdict{problems: h.problems, operations: len(all)}
	parts := partition(all)
	for _, part := range parts {
		v.overlapped += overlapping(part)
	}
	if !h.bounded {
		v.checkParts("map", rules{}, parts)
		return v
	}
	v.checkParts("map with spontaneous removal", rules{bounded: true, spontaneous: true}, unreported(parts))
	if h.attributed {
		v.checkParts("map with reported removal", rules{bounded: true}, parts)
	}
	if h.whole {
		v.checkPart("bound", boundModel(h.capacity), all)
	}
	return v
}

func (v *verdict) checkParts(name string, r rules, parts [][]porcupine.Operation) {
	m := r.model()
	for _, part := range parts {
		v.checkPart(name, m, part)
	}
}

func (v *verdict) checkPart(name string, m porcupine.Model, part []porcupine.Operation) {
	began := time.Now()
	defer func() { v.longest = max(v.longest, time.Since(began)) }()
	switch porcupine.CheckOperationsTimeout(m, part, checkTime) {
	case porcupine.Unknown:
		v.inconclusive++
	case porcupine.Illegal:
		v.violations = append(v.violations, violation{name, part, m})
	}
}

// partition splits operations by id and table.
func partition(all []porcupine.Operation) (parts [][]porcupine.Operation) {
	for _, o := range all {
		slot := o.Input.(input).slot
		for len(parts) <= slot {
			parts = append(parts, nil)
		}
		parts[slot] = append(parts[slot], o)
	}
	return parts
}

// unreported leaves out what the sink said about evictions.
func unreported(parts [][]porcupine.Operation) [][]porcupine.Operation {
	list := make([][]porcupine.Operation, len(parts))
	for i, part := range parts {
		for _, o := range part {
			if in := o.Input.(input); in.kind != unlinked || in.reason != shards.ReasonEvicted {
				list[i] = append(list[i], o)
			}
		}
	}
	return list
}

// overlapping counts the operations of a part during which one of another
// goroutine was under way.
func overlapping(part []porcupine.Operation) (n int) {
	for i, a := range part {
		for j, b := range part {
			if i != j && a.ClientId != b.ClientId && a.Call <= b.Return && b.Call <= a.Return && a.Input.(input).kind != unlinked {
				n++
				break
			}
		}
	}
	return n
}

// report describes a violation, and draws it in a file of the given name in a
// folder, which it makes if need be.
func (x violation) report(folder, name string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "not linearizable by the %s model:\n", x.model)
	sorted := slices.SortedFunc(slices.Values(x.part), func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	for _, o := range sorted {
		fmt.Fprintf(&b, "  %8d to %8d ns  goroutine %2d  %s\n", o.Call, o.Return, o.ClientId, x.check.DescribeOperation(o.Input, o.Output))
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	path, err := filepath.Abs(filepath.Join(folder, name+".html"))
	if err != nil {
		return "", err
	}
	_, info := porcupine.CheckOperationsVerbose(x.check, x.part, checkTime)
	if err := porcupine.VisualizePath(x.check, info, path); err != nil {
		return "", err
	}
	fmt.Fprintf(&b, "picture: %s\n", path)
	return b.String(), nil
}
