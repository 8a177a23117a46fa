package feed

import (
	"regexp"
	"sync"
)

// lazily compiles an expression when it is first asked for: most feeds need none, and
// compiling all of them takes longer than reading a short feed.
func lazily(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
