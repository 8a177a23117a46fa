package feed_test

import (
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/feed"
)

// Two feeds are read and merged. The list says what each indicator is and where
// it stands; the set made of it finds them in cells.
func ExampleRead() {
	text := func(path, s string) feed.Source {
		return feed.Source{Path: path, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }}
	}
	list, reports, err := feed.Read([]feed.Source{
		text("list.txt", "# seen on Monday\n203[.]0[.]113[.]9:23\nevil-bot.example\nbeacon\n"),
		text("table.csv", "ioc,malware,first_seen,confidence\nevil-bot.example,Mirai,2026-05-20,80\n"),
	}, feed.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range reports {
		fmt.Printf("%s: %s, %d taken, %d merged, %d rejected\n", r.Path, r.Kind, r.Taken, r.Merged, r.Rejected)
	}
	for i := range list.All() {
		fmt.Println(i.Type, i.Value, i.Malware, i.FirstSeen, i.Feeds)
	}
	set := list.Set()
	for _, c := range set.Match(ioc.KindURL, []byte("http://cdn.evil-bot.example/a"), nil) {
		fmt.Println("holds", set.Indicators(c.Entry)[0].Value)
	}
	// Output:
	// list.txt: list, 2 taken, 0 merged, 1 rejected
	// table.csv: csv, 0 taken, 1 merged, 0 rejected
	// ip:port 203.0.113.9:23   [list.txt:2]
	// domain evil-bot.example Mirai 2026-05-20 [list.txt:3 table.csv:2]
	// holds evil-bot.example
}
