package feed

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// selections are the options that decide what is taken, alone and together.
func selections() map[string]Options {
	until := time.Date(2026, 5, 22, 0, 0, 0, 0, time.UTC)
	all := map[string]Options{
		"none":           {},
		"url-hosts":      {URLHosts: true},
		"force-broad":    {ForceBroad: true},
		"min-confidence": {MinConfidence: 60},
		"active-only":    {Ended: until},
		"max-age":        {Since: until.AddDate(0, 0, -30)},
		"compromised":    {Innocent: true},
	}
	all["hosts and broad"] = Options{URLHosts: true, ForceBroad: true}
	for _, name := range []string{"min-confidence", "active-only", "max-age", "compromised"} {
		o := all[name]
		o.URLHosts = true
		all[name+" and hosts"] = o
	}
	all["all"] = Options{URLHosts: true, ForceBroad: true, MinConfidence: 60, Ended: until, Since: until.AddDate(-1, 0, 0), Innocent: true}
	return all
}

// mixed is a feed in which hosts, pages and broad names repeat, with what is
// said of each.
const mixed = "ioc,malware,confidence,first_seen,last_seen,valid_until,is_compromised,tags\n" +
	"http://evil.example/a,First,50,2026-05-20,2026-05-21,,,a\n" +
	"evil.example,Second,40,2026-05-10,,2026-06-01,,b\n" +
	"com,Broad,90,2026-05-01,,,,\n" +
	"https://evil.example/,Third,80,2025-01-01,,2026-05-01,True,c\n" +
	"http://203.0.113.7:81/x,Mirai,75,2026-05-20,,,,\n" +
	"203.0.113.7:81,,30,2026-05-19,,,,\n" +
	"http://co.uk/a,Suffix,70,2026-05-20,,,,\n" +
	"http://server/,Label,70,2026-05-20,,,True,\n" +
	"http://server/x,Other,20,2024-05-20,,2024-06-01,,\n" +
	"localnet,,,,,,,\n" +
	"http://evil.example/b,,100,2026-05-22,,,,d\n" +
	"44d88612fea8a8f36de82e1278abb02f,Eicar,50,2026-05-20,,,,\n"

// Whatever is asked for, a pack gives what its feeds give: the same indicators
// with the same details and places, in the same order. So does a pack of packs.
func TestPackUnderOptions(t *testing.T) {
	paths, err := filepath.Glob("testdata/*")
	if err != nil || len(paths) < 20 {
		t.Fatal(paths, err)
	}
	groups := map[string][]Source{"mixed": {of(mixed)}, "twice": {of("other.example/x\nmil\n"), of(mixed), of("http://other.example/\nserver\nevil.example\n")},
		"sites": {of("http://other.example/\nhttp://server/\nmil\n")}}
	var all []Source
	for _, path := range paths {
		if filepath.Base(path) == "fuzz" {
			continue
		}
		s := []Source{File(path)}
		if _, _, err := Read(s, Options{}); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		groups[path] = s
		all = append(all, s...)
	}
	groups["all"] = append(all, of(mixed))
	differ := map[string]int{} // by how many indicators an option changes the outcome
	for name, sources := range groups {
		data := packOf(t, sources, Options{}, nil)
		if name == "twice" || name == "all" {
			data = packOf(t, []Source{of(string(packOf(t, sources[:2], Options{}, nil))), of(string(packOf(t, sources[2:], Options{}, nil)))}, Options{}, nil)
		}
		plain, _, _ := Read(sources, Options{})
		for flags, o := range selections() {
			want, wantReports, wantErr := Read(sources, o)
			got, gotReports, gotErr := Read([]Source{of(string(data))}, o)
			if (wantErr == nil) != (gotErr == nil) {
				t.Errorf("%s with %s: %v, want %v", name, flags, gotErr, wantErr)
				continue
			}
			if g, w := exportOf(t, got), exportOf(t, want); g != w {
				t.Errorf("%s with %s:\n%swant\n%s", name, flags, g, w)
			}
			if g, w := sums(gotReports), sums(wantReports); g != w {
				t.Errorf("%s with %s: taken, weak, ended, old, innocent %v, want %v", name, flags, g, w)
			}
			if exportOf(t, want) != exportOf(t, plain) {
				differ[flags]++
			}
		}
	}
	for flags := range selections() {
		if differ[flags] == 0 != (flags == "none") {
			t.Errorf("%s changes the outcome of %d", flags, differ[flags])
		}
	}
}

// sums are what reports count of indicators.
func sums(reports []Report) (n [5]int) {
	for i := range reports {
		r := &reports[i]
		for k, add := range [...]int{r.Taken, r.Weak, r.Ended, r.Old, r.Innocent} {
			n[k] += add
		}
	}
	return n
}

// What is said of a host itself goes before what is said of a page on it, and
// each feed's report counts its own.
func TestHostsFollow(t *testing.T) {
	list, reports, err := Read([]Source{of("ioc,malware\nhttp://evil.example/a,Page\nhttp://b.example/x,Page\n"), of("ioc,malware\nevil.example,Host\nhttp://b.example/y,Later\n")}, Options{URLHosts: true})
	if err != nil {
		t.Fatal(err)
	}
	var got string
	for i := range list.All() {
		got += fmt.Sprintf("%s %s %v\n", i.Value, i.Malware, i.Feeds)
	}
	if got != `http://evil.example/a Page [feed:2]
http://b.example/x Page [feed:3]
evil.example Host [feed:2]
http://b.example/y Later [feed:3]
b.example Page [feed:3]
` {
		t.Errorf("got\n%s", got)
	}
	if a, b := &reports[0], &reports[1]; a.Taken != 3 || a.Merged != 1 || b.Taken != 2 || b.Merged != 1 {
		t.Errorf("%+v %+v", a, b)
	}
}

// FuzzPackUnderOptions compares a feed with its pack under any options.
func FuzzPackUnderOptions(f *testing.F) {
	for n, text := range []string{mixed, "http://evil.example/\nmil\nevil.example\n", "0.0.0.0 localhost\n0.0.0.0 evil.example # x\n", "<a href=hxxp://evil[.]example/x>com</a>"} {
		f.Add(text, uint8(1<<n-1))
	}
	f.Fuzz(func(t *testing.T, text string, flags uint8) {
		list, reports, err := Read([]Source{of(text)}, Options{ForPack: true})
		if err != nil {
			return
		}
		var data bytes.Buffer
		if err := WritePack(&data, list, reports, nil); err != nil {
			t.Fatal(err)
		}
		o := Options{URLHosts: flags&1 != 0, ForceBroad: flags&2 != 0, Innocent: flags&4 != 0}
		if flags&8 != 0 {
			o.MinConfidence = int(flags >> 4 * 6)
		}
		want, _, wantErr := Read([]Source{of(text)}, o)
		got, _, gotErr := Read([]Source{of(data.String())}, o)
		if (wantErr == nil) != (gotErr == nil) {
			t.Fatalf("%v, want %v", gotErr, wantErr)
		}
		if g, w := exportOf(t, got), exportOf(t, want); g != w {
			t.Errorf("%+v:\n%swant\n%s", o, g, w)
		}
	})
}
