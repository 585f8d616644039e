module github.com/reprise-tls/reprise/interop/browser

go 1.26.0

require (
	github.com/reprise-tls/reprise v0.1.0
	github.com/reprise-tls/reprise/interop v0.1.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/puzpuzpuz/xsync/v3 v3.5.1 // indirect
)

replace (
	github.com/reprise-tls/reprise => ../..
	github.com/reprise-tls/reprise/interop => ..
)
