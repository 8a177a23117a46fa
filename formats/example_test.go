package formats_test

import (
	"fmt"
	"io"
	"log"

	"github.com/iocsweep/iocsweep/formats"
)

// Cells are read column by column, block by block; of the rows that turn out
// to matter, other cells are fetched afterwards. The same loop reads every
// format.
func ExampleOpen() {
	in := formats.Bytes("net.jsonl", []byte(`{"RemoteIP":"198.51.100.4","RemotePort":443}
{"RemoteIP":"203.0.113.9","RemotePort":23,"DeviceName":"cam-gw"}
{"RemoteIP":null}
`))
	src, err := formats.Open(in, formats.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer src.Close()
	fmt.Println(src.Info().Format, src.Info().Parts[0].Columns)

	// By name: JSON records need not have the same columns. Where the column
	// list is fixed, N is the column's number in Info().Parts[0].Columns.
	r := src.NewReader(formats.Want{
		Keys: []formats.Column{{Name: "RemoteIP", N: -1}},
		Late: [][]formats.Column{{{Name: "DeviceName", N: -1}, {Name: "RemotePort", N: -1}}},
	})
	for {
		block, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(block.Rows, "rows")
		var rows []uint32
		for run, err := range r.Runs() {
			if err != nil {
				log.Print(err)
				continue
			}
			var cells []uint32
			for i := range run.Cells {
				if string(run.Cell(i)) == "203.0.113.9" {
					cells = append(cells, uint32(i))
				}
			}
			refs, err := run.Rows(cells, nil)
			if err != nil {
				log.Print(err)
				continue
			}
			for _, ref := range refs {
				rows = append(rows, ref.Row)
			}
		}
		grid, err := r.Fetch(0, rows)
		if err != nil {
			log.Fatal(err)
		}
		for i, row := range rows {
			fmt.Printf("line %d: %s, port %s\n", r.Pos(row).Line+1, grid.Cell(i, 0), grid.Cell(i, 1))
		}
	}
	// Output:
	// jsonl [RemoteIP RemotePort DeviceName]
	// 3 rows
	// line 2: cam-gw, port 23
}
