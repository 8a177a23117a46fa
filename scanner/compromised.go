package scanner

import "github.com/iocsweep/iocsweep/ioc"

// below reports whether a name below a compromised site is to be left out. Who broke
// into a site holds the site, seldom the names of others below it, which a
// hosting company may have by the thousand. Its www name is the site itself.
func (w *worker) below(i *ioc.Indicator, value string) bool {
	if !w.CompromisedExact || i.Compromised != 1 {
		return false
	}
	h, ok := ioc.AppendHost(nil, []byte(value))
	return !ok || string(h.Name) != "www."+i.Value
}
