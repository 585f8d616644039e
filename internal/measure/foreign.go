package measure

// ResidentMemory returns what of the process's memory is resident, in bytes, 0
// if the system does not tell: [Sample].RSS for targets with a driver of their
// own.
func ResidentMemory() uint64 { return residentMemory() }
