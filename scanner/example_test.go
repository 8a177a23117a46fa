package scanner_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner"
)

// indicators parses what is to be looked for, defanged or not.
func indicators(values ...string) *ioc.Set {
	var list []ioc.Indicator
	for _, v := range values {
		i, err := ioc.Parse(v)
		if err != nil {
			log.Fatal(err)
		}
		list = append(list, i)
	}
	return ioc.NewSet(list)
}

// A folder of exports is walked and swept, and each hit is handed to a function.
func ExampleScan_Run() {
	dir, err := os.MkdirTemp("", "exports")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	const export = `"TimeGenerated [UTC]",Computer,SubType,ClientIP,Name,IPAddresses
"5/20/2026, 8:14:02.000 AM",dns1.corp.example,LookupQuery,10.0.0.5,www.bank.example,198.51.100.4
"5/20/2026, 8:14:03.500 AM",dns1.corp.example,LookupQuery,10.0.0.9,CNC.evil-bot.example.,"198.51.100.7, 203.0.113.9"
`
	if err := os.WriteFile(filepath.Join(dir, "DnsEvents.csv"), []byte(export), 0o666); err != nil {
		log.Fatal(err)
	}

	inputs, errs := formats.Walk([]string{dir}, nil)
	for _, err := range errs {
		log.Print(err)
	}
	s := scanner.Scan{
		Indicators: indicators("evil-bot[.]example", "203.0.113.9:23"),
		Order:      scanner.Oldest,
		Warn:       func(err error) { log.Print(err) },
		Each: func(h *scanner.Hit) error {
			for _, m := range h.Matches {
				fmt.Println(h.Time.Milli(), h.Who.IP, m.Column, m.Value, m.Class, h.Indicator.Value)
			}
			return nil
		},
	}
	sum, err := s.Run(context.Background(), inputs)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sum.Records, "records,", sum.Hits, "hits, complete:", sum.Complete())
	for _, t := range sum.Absent {
		fmt.Println("no export of", t.Name)
	}
	// Output:
	// 2026-05-20T08:14:03.5000000Z 10.0.0.9 Name CNC.evil-bot.example. subdomain evil-bot.example
	// 2026-05-20T08:14:03.5000000Z 10.0.0.9 IPAddresses 203.0.113.9 ip-only 203.0.113.9:23
	// 2 records, 2 hits, complete: true
	// no export of CommonSecurityLog
	// no export of DeviceNetworkEvents
}

// Record batches that a program holds are swept where they lie; nothing is
// written to a file.
func ExampleScan_Run_records() {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "Timestamp", Type: &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}},
		{Name: "RemoteIP", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}},
		{Name: "RemotePort", Type: arrow.PrimitiveTypes.Int32},
		{Name: "InitiatingProcessFileName", Type: arrow.BinaryTypes.String},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i, ip := range []string{"198.51.100.4", "203.0.113.9", "198.51.100.4"} {
		b.Field(0).(*array.TimestampBuilder).Append(arrow.Timestamp(1_779_264_840_000 + 1000*int64(i)))
		if err := b.Field(1).(*array.BinaryDictionaryBuilder).AppendString(ip); err != nil {
			log.Fatal(err)
		}
		b.Field(2).(*array.Int32Builder).Append(int32(22 + i))
		b.Field(3).(*array.StringBuilder).Append("busybox")
	}
	batches := []arrow.Record{b.NewRecord()}

	input := formats.Records("sensor", schema, func() (arrow.Record, error) {
		if len(batches) == 0 {
			return nil, io.EOF
		}
		next := batches[0]
		batches = batches[1:]
		return next, nil
	})
	s := scanner.Scan{
		Indicators: indicators("203.0.113.9:23"),
		Table:      "DeviceNetworkEvents",
		Each: func(h *scanner.Hit) error {
			fmt.Println(h.Source.Record, h.Time, h.Who.Process, h.Matches[0].Column, h.Matches[0].Class)
			return nil
		},
	}
	if _, err := s.Run(context.Background(), []formats.Input{input}); err != nil {
		log.Fatal(err)
	}
	// Output: 2 2026-05-20T08:14:01.0000000Z busybox RemoteIP ip:port
}
