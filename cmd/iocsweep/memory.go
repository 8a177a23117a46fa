package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
)

// limitMemory makes the collector work for --memory: beyond the indicators,
// whose size nothing can change, the process is to stay within it. A little
// is left for what the runtime does not count. small says that what is held is
// known to be less than smallHeap.
func limitMemory(size int64, small bool) {
	used := int64(0)
	if !small || size < 8*smallHeap {
		// This stops the world, and package runtime/metrics, which would not,
		// takes half a millisecond of every start.
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		used = int64(m.HeapAlloc)
	}
	debug.SetMemoryLimit(max(size-size/16, used+size/2))
	debug.SetGCPercent(gcPercent(used))
	leaveRoom()
}

// smallHeap is what is held where nothing of note is.
const smallHeap = 8 << 20

// gcRoom is how much is allocated at least until the next collection. In per cent
// of what is held, which is how the runtime is told, a few megabytes would be
// collected after each few files of a folder of thousands.
const gcRoom = 16 << 20

// gcPercent is how much a heap of a size may grow.
func gcPercent(held int64) int {
	const lean, begin = 40, 4 << 20 // the runtime begins with a heap of that size
	return int(max(lean, gcRoom*100/max(held, begin)))
}

// leaveRoom tells the runtime after each collection how much is held now.
func leaveRoom() {
	type collected struct{ _ *byte }
	runtime.AddCleanup(new(collected), func(struct{}) {
		held := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(held)
		if held[0].Value.Kind() == metrics.KindUint64 {
			debug.SetGCPercent(gcPercent(int64(held[0].Value.Uint64())))
		}
		leaveRoom()
	}, struct{}{})
}

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
