module github.com/reprise-tls/reprise/store/redis

go 1.26.0

require (
	github.com/redis/rueidis v1.0.79
	github.com/reprise-tls/reprise v0.1.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/puzpuzpuz/xsync/v3 v3.5.1 // indirect
	github.com/sony/gobreaker/v2 v2.4.0 // indirect
	golang.org/x/crypto v0.57.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/reprise-tls/reprise => ../..
