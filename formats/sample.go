package formats

import "strings"

// maxSample is how many records of the head are shown as a sample.
const maxSample = 64

// tellingColumns returns the columns whose cells show which table a part is and when its
// records are from.
func tellingColumns(names []string) (cols []Column) {
	for i, name := range names {
		switch strings.ToLower(BareName(name)) {
		case "type", "category", "timegenerated", "timestamp", "time":
			cols = append(cols, Column{Name: name, N: i})
		}
	}
	return cols
}

// addSample adds the first of a block's rows to the sample, with the cells of cols, which
// are the first late stage of r. Cells that cannot be read are reported by the scan.
func (p *Part) addSample(r Reader, cols []Column, rows int64) {
	first := make([]uint32, min(maxSample, rows))
	for i := range first {
		first[i] = uint32(i)
	}
	g, _ := r.Fetch(0, first)
	for i := range first {
		cells := make([]string, len(p.Columns))
		for j, c := range cols {
			cells[c.N] = string(g.Cell(i, j))
		}
		p.Sample = append(p.Sample, cells)
	}
}
