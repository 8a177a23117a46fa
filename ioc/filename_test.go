package ioc

import (
	"errors"
	"testing"

	"golang.org/x/net/publicsuffix"
)

// The names of files are no domains, in every way in which they are read.
func TestFileNames(t *testing.T) {
	for _, text := range []string{"wermgr.exe", "2022.rar", "Invoice.2026.PDF", "a[.]dll", "x.js", "*.run.ps1", "setup.exe."} {
		if i, err := Parse(text); !errors.Is(err, ErrFileName) {
			t.Errorf("%s: %v, %v", text, i, err)
		}
		if _, err := ParseBroad(text); !errors.Is(err, ErrFileName) {
			t.Errorf("%s, broad: %v", text, err)
		}
		if _, ok := ParsePlain([]byte(text)); ok {
			t.Errorf("%s is plain", text)
		}
	}
	for _, text := range []string{"exe.example", "x.exe.example", "a.zip", "a.sh", "www.a.com", "a.app", "aexe.onion", "pc.corp", "a.bit", "a.lib"} {
		if i, err := Parse(text); err != nil || i.Type != Domain {
			t.Errorf("%s: %v, %v", text, i, err)
		}
	}
	if i, err := Parse("http://evil.example/a.exe"); err != nil || i.Type != URL {
		t.Errorf("%v, %v", i, err)
	}
}

// No ending of a file is a top-level domain of the root, nor longer than is looked at.
func TestFileEndings(t *testing.T) {
	for ending := range fileEndings {
		if _, icann := publicsuffix.PublicSuffix(ending); icann || len(ending) > 4 {
			t.Error(ending)
		}
	}
}
