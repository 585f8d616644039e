// Package race tells tests whether the race detector is on, under which
// everything takes ten times as long and what runs on one goroutine has little
// to show.
package race
