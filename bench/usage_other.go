//go:build !unix

package main

import "time"

// spent is the CPU time of this process so far, which cannot be had here
// without more calls than it is worth.
func spent() time.Duration { return 0 }
