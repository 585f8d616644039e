package trace

import (
	"fmt"
	"path/filepath"
	"strings"
)

// A Format is how a trace is written down.
type Format string

const (
	// Auto goes by the file's name: CSV for .csv, OracleGeneral for .bin and
	// .oracleGeneral, Lines otherwise.
	Auto Format = "auto"

	// Lines is one id a line, without white space in it. It has no times.
	Lines Format = "lines"

	// CSV is RFC 4180 with a header line. One column has the ids; another one
	// may have the times, in seconds, with or without a fraction.
	CSV Format = "csv"

	// OracleGeneral is libCacheSim's binary format: records of 24 bytes,
	// little endian: time in seconds (uint32), id (uint64), size (uint32),
	// number of the next request for the id (int64). Only time and id are
	// used.
	OracleGeneral Format = "oracleGeneral"
)

// Formats returns the formats, as [ParseFormat] reads them.
func Formats() []Format { return []Format{Auto, Lines, CSV, OracleGeneral} }

// ParseFormat reads the name of a format.
func ParseFormat(s string) (Format, error) {
	for _, f := range Formats() {
		if string(f) == s {
			return f, nil
		}
	}
	return "", fmt.Errorf("trace format %q is not known; allowed are auto, lines, csv and oracleGeneral", s)
}

// of returns the format of a file with the given name.
func (f Format) of(name string) Format {
	if f != Auto && f != "" {
		return f
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return CSV
	case ".bin", ".oraclegeneral":
		return OracleGeneral
	}
	return Lines
}
