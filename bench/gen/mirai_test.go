package gen

import (
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const miraiDir = "../../testdata/mirai"

// The committed example is what the generator makes: after a change, run
// go run ./bench gen -mirai testdata/mirai
func TestMiraiIsUpToDate(t *testing.T) {
	dir := t.TempDir()
	if err := WriteMirai(dir); err != nil {
		t.Fatal(err)
	}
	made, kept := tree(t, dir), tree(t, miraiDir)
	if !slices.Equal(made, kept) {
		t.Fatalf("files made %q, kept %q", made, kept)
	}
	for _, name := range made {
		a, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(miraiDir, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(a) != string(b) {
			t.Errorf("%s differs from what is committed", name)
		}
		if len(a) > 60_000 {
			t.Errorf("%s has %d bytes, too many for a repository", name, len(a))
		}
	}
}

func tree(t *testing.T, dir string) (names []string) {
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// The story's truth is what the slow check finds in its rows.
func TestMiraiTruth(t *testing.T) {
	ip := func(s string) netip.Addr { return netip.MustParseAddr(s) }
	s := &slow{
		addrs: map[netip.Addr]Indicator{
			ip(c2):              {Kind: AddrPort, Value: c2Port, Addr: ip(c2), Port: 3778},
			ip(vault):           {Kind: Addr, Value: vault, Addr: ip(vault)},
			ip("198.51.100.77"): {Kind: AddrPort, Value: "198.51.100.77:23", Addr: ip("198.51.100.77"), Port: 23},
		},
		names: map[string]Indicator{
			dropper:                    {Kind: Domain, Value: dropper},
			"login-cam-update.example": {Kind: Domain, Value: "login-cam-update.example"},
		},
	}
	for _, table := range Tables {
		t.Run(table.Name, func(t *testing.T) {
			hits, near := 0, 0
			rows := Mirai(table)
			for _, r := range rows {
				var want []found
				for _, p := range r.Truth {
					if p.Hit == Yes {
						want = append(want, found{p.Column, p.Value, p.Indicator, p.Class})
						hits++
					} else {
						near++
					}
				}
				got := s.row(r)
				sortFound(got)
				sortFound(want)
				if !slices.Equal(got, want) {
					t.Errorf("record %d:\nrow has %q\ntruth is %q", r.N, got, want)
				}
			}
			if hits < 5 || near < 2 || len(rows) < 20 {
				t.Errorf("%d rows, %d hits, %d near misses", len(rows), hits, near)
			}
		})
	}
}

func sortFound(f []found) {
	slices.SortFunc(f, func(a, b found) int {
		return slices.Compare([]string{a.column, a.value}, []string{b.column, b.value})
	})
}
