package main

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// The chart has a column for each table and a row of panels for each format
// and number of indicators, whose bars share a scale; iocsweep comes first,
// and a line marks what the machine could do.
const (
	chartMargin = 16
	chartPanel  = 288 // width of a panel
	chartGap    = 24  // between panels
	chartName   = 72  // width of the names before the bars
	chartValue  = 44  // and of the numbers behind them
	chartBar    = 15  // height of a bar
	chartStep   = 20  // from bar to bar
)

// chartStyle has colours for light and dark. They are given twice, and not as
// variables, which few programs but browsers know.
const chartStyle = `
text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
.title { font-size: 16px; font-weight: 600 }
.head { font-weight: 600 }
.soft { fill: #59636e }
.us { fill: #0969da }
.them { fill: #b6bec7 }
.limit { stroke: #bc4c00; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.soft { fill: #9198a1 }
.us { fill: #4493f8 }
.them { fill: #656c76 }
.limit { stroke: #f0883e }
}
`

// A panel is one job.
type panel struct {
	bars  []bar
	limit float64 // 0: none
}

type bar struct {
	name  string
	speed float64
	us    bool
}

func newPanel(res *result) (p panel) {
	for _, w := range res.rows {
		switch speed := res.speed(w); {
		case w.label == "separators" || w.label == "structure":
			p.limit = speed
		case w.tool == "limits" || w.tool == "iocsweep" && w != res.rows[0]:
		default:
			p.bars = append(p.bars, bar{w.label, speed, w.tool == "iocsweep"})
		}
	}
	return p
}

func (p panel) height() int { return len(p.bars) * chartStep }

// chart draws the jobs named Scan as SVG.
func (r *report) chart() string {
	var tables, rows []string
	panels := map[[2]string]panel{}
	for _, res := range r.results {
		keys, ok := strings.CutPrefix(res.job.name, "Scan/table="+res.job.table+"/")
		if !ok {
			continue
		}
		if !slices.Contains(tables, res.job.table) {
			tables = append(tables, res.job.table)
		}
		if !slices.Contains(rows, keys) {
			rows = append(rows, keys)
		}
		panels[[2]string{keys, res.job.table}] = newPanel(res)
	}

	var s svg
	y := chartMargin + 14
	s.text(chartMargin, y, "title", "", "iocsweep beside its peers: GB/s of the file")
	y += 20
	s.text(chartMargin, y, "soft", "", fmt.Sprintf("%s, %d threads, page cache warm, medians of %d runs of whole processes",
		r.machine.cpu, r.options.threads, r.options.runs))
	y += 16
	s.text(chartMargin, y, "soft", "", "Line: the machine's limit, reading the file and finding its separators or quotes")
	y += 28
	for i, t := range tables {
		s.text(panelX(i), y, "head", "", t)
	}
	for _, row := range rows {
		y += 28
		s.text(chartMargin, y, "soft", "", rowTitle(row))
		y += 8
		most, tall := 0.0, 0
		for _, t := range tables {
			p := panels[[2]string{row, t}]
			tall = max(tall, p.height())
			most = max(most, p.limit)
			for _, b := range p.bars {
				most = max(most, b.speed)
			}
		}
		for i, t := range tables {
			s.panel(panelX(i), y, panels[[2]string{row, t}], most)
		}
		y += tall
	}
	width := 2*chartMargin + max(2, len(tables))*(chartPanel+chartGap) - chartGap
	return s.document(width, y+chartMargin, "iocsweep beside its peers")
}

func panelX(i int) int { return chartMargin + i*(chartPanel+chartGap) }

// rowTitle says format=csv/iocs=100000 in words.
func rowTitle(keys string) string {
	format, iocs, _ := strings.Cut(strings.TrimPrefix(keys, "format="), "/iocs=")
	return fmt.Sprintf("%s, %s indicators", format, grouped(iocs))
}

// grouped writes the digits of a number in threes.
func grouped(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// svg is a drawing as it grows.
type svg struct{ strings.Builder }

func (s *svg) text(x, y int, class, anchor, text string) {
	if anchor != "" {
		anchor = fmt.Sprintf(` text-anchor="%s"`, anchor)
	}
	fmt.Fprintf(s, `<text x="%d" y="%d" class="%s"%s>%s</text>`+"\n", x, y, class, anchor, escaped(text))
}

// panel draws bars of which one of speed most fills the width.
func (s *svg) panel(x, y int, p panel, most float64) {
	if most <= 0 {
		return
	}
	const room = chartPanel - chartName - chartValue
	at := func(speed float64) float64 { return float64(x+chartName) + speed/most*room }
	// First, so that numbers stand before it.
	if p.limit > 0 {
		fmt.Fprintf(s, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" class="limit"/>`+"\n", at(p.limit), at(p.limit), y-2, y+p.height()-chartStep+chartBar+2)
	}
	for i, b := range p.bars {
		top := y + i*chartStep
		class := "them"
		if b.us {
			class = "us"
		}
		s.text(x+chartName-6, top+chartBar-3, "", "end", b.name)
		fmt.Fprintf(s, `<rect x="%d" y="%d" width="%.1f" height="%d" class="%s"/>`+"\n", x+chartName, top, max(1, at(b.speed)-float64(x+chartName)), chartBar, class)
		s.text(int(at(b.speed))+5, top+chartBar-3, "soft", "", digits3(b.speed))
	}
}

func (s *svg) document(width, height int, title string) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">`, width, height, width, height) +
		"\n<title>" + escaped(title) + "</title>\n<style>" + chartStyle + "</style>\n" + s.String() + "</svg>\n"
}

func escaped(text string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}
