//go:build !race

package tlscache

const raceEnabled = false
