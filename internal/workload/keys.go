package workload

// keys draws keys below n by a law. Keys drawn by several goroutines under
// the same seed have the same hot ones.
type keys struct {
	n      uint64
	law    Law
	zipf   zipf
	spread scramble
	hot    uint64 // how many keys are hot, for hotspot
	newest uint64 // the key added last, for latest
	next   uint64 // of the run that is under way, for scan and cyclic
	left   uint64 // keys of that run
}

func newKeys(l Law, n int, seed uint64) *keys {
	k := &keys{n: uint64(n), law: l, newest: uint64(n) - 1}
	switch l.kind {
	case zipfLaw:
		k.zipf = newZipf(k.n, l.a)
		k.spread = newScramble(k.n, seed)
	case latestLaw:
		k.zipf = newZipf(k.n, l.a)
	case hotspotLaw:
		k.hot = max(1, uint64(float64(k.n)*l.a/100))
		k.spread = newScramble(k.n, seed)
	}
	return k
}

// draw returns the key of an operation that adds nothing.
func (k *keys) draw(r random) uint64 {
	switch k.law.kind {
	case zipfLaw:
		return k.spread.of(k.zipf.rank(r) - 1)
	case hotspotLaw:
		return k.spread.of(k.drawHot(r))
	case latestLaw:
		return (k.newest + k.n - (k.zipf.rank(r) - 1)) % k.n
	case scanLaw, cyclicLaw:
		return k.step(r)
	}
	return r.below(k.n)
}

// add returns the key of an operation that adds.
func (k *keys) add(r random) uint64 {
	if k.law.kind != latestLaw {
		return k.draw(r)
	}
	k.newest = (k.newest + 1) % k.n
	return k.newest
}

func (k *keys) drawHot(r random) uint64 {
	if k.hot == k.n || r.float64()*100 < k.law.b {
		return r.below(k.hot)
	}
	return k.hot + r.below(k.n-k.hot)
}

// step returns the next key of a run, and begins another one at its end. A run
// of cyclic is all keys, from where the last one ended.
func (k *keys) step(r random) uint64 {
	if k.left == 0 {
		k.left = k.n
		if k.law.kind == scanLaw {
			k.left = uint64(k.law.a)
		}
		k.next = r.below(k.n)
	}
	key := k.next
	k.next = (k.next + 1) % k.n
	if k.left--; k.left == 0 && k.law.kind == cyclicLaw {
		k.left = k.n
	}
	return key
}
