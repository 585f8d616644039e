package workload

// ringLength makes room for three times the sessions, and for some blocks even
// where there are few sessions, so that goroutines at different blocks add
// different sessions.
func ringLength(sessions int) int {
	blocks := max(64, (3*sessions+BlockLength-1)/BlockLength)
	return blocks * BlockLength
}

// ring returns the operations that all goroutines share, and the block at
// which they begin: behind the sessions that are linked at the beginning.
func ring(s Spec) (operations []Operation, firstBlock int) {
	if s.Kind == Scan {
		return scanRing(s)
	}
	// All sessions of the pool in the order in which they were made, as a
	// server adds new sessions.
	operations = make([]Operation, s.Pool())
	for i := range operations {
		operations[i] = CodeAdd | Operation(i)
	}
	return operations, (s.Sessions + BlockLength - 1) / BlockLength
}

// floodObjects is the number of objects that the flood of Scan goes through
// before it comes to the first again: enough for a ring, and as many as make
// its lookups and adds together whole blocks.
func (s Spec) floodObjects() int {
	if s.Flood == 0 {
		return 0
	}
	lookups := (ringLength(s.Sessions) + s.Flood - 1) / s.Flood
	for lookups*(1+s.Flood)%BlockLength != 0 {
		lookups++
	}
	return lookups * s.Flood
}

// scanRing returns lookups of the population, each followed by the adds of the
// flood.
func scanRing(s Spec) (operations []Operation, firstBlock int) {
	population := s.Population()
	k := newKeys(s.Keys, population, s.Seed)
	r := newRandom(s.Seed, domainStream, 0)
	flood, linked, added := s.floodObjects(), s.Sessions-population, 0
	length := streamLength(population)
	if s.Flood > 0 {
		length = flood + flood/s.Flood
	}
	for i := range length {
		if i%(1+s.Flood) == 0 {
			operations = append(operations, CodeResume|Operation(k.draw(r)))
			continue
		}
		operations = append(operations, CodeAdd|Operation(population+added))
		if added++; added == linked {
			firstBlock = (i + BlockLength) / BlockLength
		}
	}
	return operations, firstBlock % (length / BlockLength)
}
