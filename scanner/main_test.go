package scanner

import (
	"flag"
	"os"
	"testing"

	"github.com/iocsweep/iocsweep/formats/simd"
)

// Tests run with the fastest kernels of the processor, or those of -simd.
func TestMain(m *testing.M) {
	level := flag.String("simd", simd.Best().String(), "kernels to test: go, neon, avx2, avx512, vbmi2")
	flag.Parse()
	faultsPanic = true
	if !simd.UseNamed(*level) {
		println("this processor has no kernels called", *level)
		os.Exit(2)
	}
	os.Exit(m.Run())
}
