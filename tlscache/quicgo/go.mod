module github.com/reprise-tls/reprise/tlscache/quicgo

go 1.26.0

require (
	github.com/quic-go/quic-go v0.65.0
	github.com/reprise-tls/reprise v0.1.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/puzpuzpuz/xsync/v3 v3.5.1 // indirect
	github.com/quic-go/qpack v0.6.0 // indirect
	golang.org/x/crypto v0.57.0 // indirect
	golang.org/x/net v0.58.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.42.0 // indirect
)

replace github.com/reprise-tls/reprise => ../..
