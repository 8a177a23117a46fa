package ioc_test

import (
	"fmt"

	"github.com/iocsweep/iocsweep/ioc"
)

// Values are matched against a set of indicators. A candidate says which
// entry of the set a cell holds; ports are compared by the caller.
func ExampleSet_Match() {
	var list []ioc.Indicator
	for _, text := range []string{"176[.]65[.]139[.]7:3778", "miraibotnet[.]su"} {
		i, err := ioc.Parse(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		list = append(list, i)
	}
	set := ioc.NewSet(list)

	for _, cell := range []string{"::ffff:176.65.139.7", "tvt.miraibotnet.su.", "notmiraibotnet.su"} {
		kind := ioc.KindHost
		for _, c := range set.Match(kind, []byte(cell), nil) {
			for _, i := range set.Indicators(c.Entry) {
				fmt.Printf("%s holds %s %s\n", cell, i.Type, i.Value)
			}
		}
	}
	// Output:
	// ::ffff:176.65.139.7 holds ip:port 176.65.139.7:3778
	// tvt.miraibotnet.su. holds domain miraibotnet.su
}
