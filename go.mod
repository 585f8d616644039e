module github.com/reprise-tls/reprise

go 1.26.0

require github.com/cespare/xxhash/v2 v2.3.0

require (
	github.com/alecthomas/kong v1.17.0 // indirect
	github.com/puzpuzpuz/xsync/v3 v3.5.1 // indirect
	golang.org/x/perf v0.0.0-20260908200009-22c9c6c9d4da // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/term v0.47.0 // indirect
)
