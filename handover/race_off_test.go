//go:build !race

package handover

const underRace = false
