package table

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"github.com/iocsweep/iocsweep/ioc"
)

// A row that is used again answers as one that is used once, whatever it was
// asked before: about the same texts, other parts of definitions, texts that are
// too long to be remembered, in memory that is written again.
func TestRemembered(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	long := strings.Repeat("x", maxRemembered)
	words := []string{"", "Allow", "Deny", "Blocked", "ConnectionSuccess", "ConnectionFailed", "ConnectionAttempt", "InboundConnectionAccepted",
		"DnsConnectionInspected", "Tcp", "6", "17", "UDP", "NOERROR", "0", "3", "0.0", "NXDOMAIN", "corp", "alice", "10.0.0.7", "203.0.113.9",
		"2001:DB8::7", "evil.example", "HTTP://Evil.Example/a", "Evil.Example:8080", `{"direction":"Out","query":"A.example"}`, `{"direction":"In"}`,
		"Deny" + long, long + "Allow", long[:maxRemembered-1], long, long + "x"}
	for _, def := range Builtin() {
		columns := NewColumns(def.Native(), nil)
		var again Row
		cells := make([]string, len(columns.Names()))
		backing := make([]byte, 0, 1<<14)
		for range 2000 {
			backing = backing[:0]
			for i := range cells {
				word := words[rng.IntN(len(words))]
				backing = append(backing, word...)
				cells[i] = unsafe.String(unsafe.SliceData(backing[len(backing)-len(word):]), len(word))
			}
			again.Reset(columns, cells)
			once := &Row{Columns: columns, Cells: cells}
			d := def.Direction(once)
			if got := def.Direction(&again); got != d {
				t.Fatalf("%s: %v, want %v: %q", def.Name, got, d, cells)
			}
			want, got := fmt.Sprintf("%+v", def.Who(once, d, nil)), fmt.Sprintf("%+v", def.Who(&again, d, nil))
			if got != want {
				t.Fatalf("%s: %s, want %s: %q", def.Name, got, want, cells)
			}
		}
	}
}

// Answers about rows of the usual kind make no garbage.
func TestWhoAllocations(t *testing.T) {
	for _, def := range Builtin() {
		columns := NewColumns(def.Native(), nil)
		cells := make([]string, len(columns.Names()))
		for i := range cells {
			cells[i] = "23"
			if k := def.Key(columns.Names()[i]); k != nil {
				cells[i] = map[ioc.Kind]string{ioc.KindIP: "2001:DB8::7"}[k.Kind]
				if cells[i] == "" {
					cells[i] = "HTTP://Some.Example/a"
				}
			}
		}
		var row Row
		if n := testing.AllocsPerRun(100, func() {
			row.Reset(columns, cells)
			def.Who(&row, def.Direction(&row), nil)
		}); n > 0 {
			t.Errorf("%s: %v allocations", def.Name, n)
		}
	}
}
