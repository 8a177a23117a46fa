package main

import (
	"os"
	"testing"

	"github.com/iocsweep/iocsweep/ioc/feed"
)

// Every kind of feed has a script that shows it whole and broken half-way.
func TestKindsHaveScripts(t *testing.T) {
	for _, kind := range feed.Names() {
		if _, err := os.Stat("../../testdata/script/feed_" + kind + ".txtar"); err != nil {
			t.Error(err)
		}
	}
}
