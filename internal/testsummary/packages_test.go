package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestChoice(t *testing.T) {
	c := choice{only: []string{"engine", "internal"}, but: []string{"internal/plan"}}
	for folder, want := range map[string]bool{
		"": false, "/engine": true, "/engine/deep": true, "/engines": false,
		"/internal/soak": true, "/internal/plan": false, "/internal/plan/scaling": false, "/internal/plans": true,
	} {
		if got := c.includes(repository + folder); got != want {
			t.Errorf("%q is included: %v, want %v", folder, got, want)
		}
	}
}

// A folder that a choice names and that has gone would leave nothing out, or
// everything.
func TestChoicesNameFolders(t *testing.T) {
	for _, p := range allPasses {
		for _, folder := range slices.Concat(p.of.only, p.of.but) {
			if _, err := os.Stat(filepath.Join("..", "..", folder)); err != nil {
				t.Errorf("pass %s: %v", p.name, err)
			}
		}
	}
}

func TestChosenPackages(t *testing.T) {
	chosen, left, err := (choice{only: []string{"internal/testsummary"}}).packages(".")
	if err != nil || left != 0 || !slices.Equal(chosen, []string{repository + "/internal/testsummary"}) {
		t.Errorf("%q and %d left, %v", chosen, left, err)
	}
	chosen, left, err = (choice{but: []string{"internal/testsummary"}}).packages(".")
	if err != nil || left != 1 || len(chosen) != 0 {
		t.Errorf("%q and %d left, %v", chosen, left, err)
	}
	if chosen, _, err := (choice{}).packages("nowhere"); err != nil || !slices.Equal(chosen, []string{"./..."}) {
		t.Errorf("all: %q, %v", chosen, err)
	}
}
