package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// limitMemory makes the collector work for --memory: beyond the indicators,
// whose size nothing can change, the process is to stay within it. A little
// is left for what the runtime does not count. small says that what is held is
// known to be far from leanFrom.
func limitMemory(size int64, small bool) {
	used := int64(0)
	if !small || size < 4*leanFrom {
		// This stops the world, and package runtime/metrics, which would not,
		// takes half a millisecond of every start.
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		used = int64(m.HeapAlloc)
	}
	debug.SetMemoryLimit(max(size-size/16, used+size/2))
	const lean = 40
	if used > leanFrom {
		debug.SetGCPercent(lean)
		return
	}
	// Many runs end before there is anything to collect.
	debug.SetGCPercent(2 * leanFrom / (4 << 20) * 100) // of the 4 MiB that the runtime begins with
	time.AfterFunc(30*time.Millisecond, func() {
		debug.SetGCPercent(100) // less would collect heaps of 2 MiB, as those of small files are
		time.AfterFunc(70*time.Millisecond, func() { debug.SetGCPercent(lean) })
	})
}

// leanFrom is the size of the heap from which on memory is worth more than the
// time of collecting.
const leanFrom = 16 << 20

// parseSize reads 256MiB, 1GB, 65536.
func parseSize(s string) (int64, error) {
	text := strings.TrimSpace(s)
	units := []struct {
		suffix string
		size   int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
		{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"T", 1 << 40}, {"B", 1}}
	unit := int64(1)
	for _, u := range units {
		if n := len(text) - len(u.suffix); n > 0 && strings.EqualFold(text[n:], u.suffix) {
			text, unit = strings.TrimSpace(text[:n]), u.size
			break
		}
	}
	var n float64
	if _, err := fmt.Sscanf(text+"\n", "%f\n", &n); err != nil || !(n*float64(unit) >= 1 && n*float64(unit) <= 1<<60) { // NaN is neither
		return 0, fmt.Errorf("%q is no size: want something like 256MiB", s)
	}
	return int64(n * float64(unit)), nil
}
