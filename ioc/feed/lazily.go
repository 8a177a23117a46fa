package feed

import (
	"regexp"
	"sync"
)

// lazily compiles an expression when it is first asked for: most feeds need
// none, and all of them take longer than a short feed.
func lazily(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
