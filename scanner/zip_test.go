package scanner

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/iocsweep/iocsweep/formats"
)

// A member of an archive whose check sum differs is read to its end all the same, and
// makes the run partial: whether it is compressed or not, and read in order or not.
func TestDamagedMember(t *testing.T) {
	const text = "TimeGenerated,DeviceVendor,DestinationIP\n2026-05-21T08:00:00Z,vendor,198.51.100.7\n"
	type row struct{ TimeGenerated, DeviceVendor, DestinationIP string }
	var table bytes.Buffer
	w := parquet.NewGenericWriter[row](&table, parquet.CreatedBy("vendor", "1", "a"))
	if _, err := w.Write([]row{{"2026-05-21T08:00:00Z", "x", "198.51.100.7"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		data   string
		method uint16
	}{
		{"csv stored", text, zip.Store},
		{"csv deflated", text, zip.Deflate},
		{"parquet stored", table.String(), zip.Store},
		{"parquet deflated", table.String(), zip.Deflate},
	} {
		for _, damaged := range []bool{false, true} {
			want := Complete
			if damaged {
				tt.name += ", damaged"
				want = Partial
			}
			t.Run(tt.name, func(t *testing.T) {
				var b bytes.Buffer
				z := zip.NewWriter(&b)
				m, err := z.CreateHeader(&zip.FileHeader{Name: "csl", Method: tt.method})
				if err != nil {
					t.Fatal(err)
				}
				m.Write([]byte(tt.data))
				if err := z.Close(); err != nil {
					t.Fatal(err)
				}
				packed := b.Bytes()
				if damaged { // in the directory, which is the last that names it
					at := bytes.LastIndex(packed, []byte("PK\x01\x02"))
					packed[at+16]++
				}
				path := filepath.Join(t.TempDir(), "x.zip")
				if err := os.WriteFile(path, packed, 0o600); err != nil {
					t.Fatal(err)
				}
				inputs, errs := formats.Walk([]string{path}, nil)
				if errs != nil {
					t.Fatal(errs)
				}
				said := 0
				s := &Scan{Indicators: indicators(t, "198.51.100.7"), Warn: func(err error) {
					said += strings.Count(err.Error(), "x.zip/csl: damaged compressed data: zip: check sum differs")
				}}
				_, sum := sweep(t, s, inputs...)
				if f := sum.Files[0]; f.Status != want || f.Hits != 1 || (said == 1) != damaged {
					t.Errorf("%s (%s), %d hits, said %d times", f.Status, f.Reason, f.Hits, said)
				}
				for i, err := range (&Scan{}).Inspect(context.Background(), inputs) {
					if err != nil || i.Status != want || i.Records != 1 {
						t.Errorf("inspected: %s (%s), %d records, %v", i.Status, i.Reason, i.Records, err)
					}
				}
			})
		}
	}
}

// What looks like nothing, or like records of no table, may be what damage has left: in a
// folder it is passed over only if the compressed data that it comes from are whole.
func TestDamageThatLooksLikeNothing(t *testing.T) {
	for _, tt := range []struct{ name, data string }{
		{"no format", "sT:\x01ldnaN"},
		{"text", "one line of text\nand another\n"},
		{"records", strings.Repeat(`{"host":"pc","note":"`+strings.Repeat("x", 1000)+`"}`+"\n", 1500)},
	} {
		for _, damaged := range []bool{false, true} {
			want := Unknown
			if damaged {
				tt.name += ", damaged"
				want = Unreadable
			}
			t.Run(tt.name, func(t *testing.T) {
				var b bytes.Buffer
				z := gzip.NewWriter(&b)
				z.Write([]byte(tt.data))
				if err := z.Close(); err != nil {
					t.Fatal(err)
				}
				packed := b.Bytes()
				if damaged {
					packed[len(packed)-8]++ // of its check sum
				}
				dir := t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, "x.gz"), packed, 0o600); err != nil {
					t.Fatal(err)
				}
				inputs, errs := formats.Walk([]string{dir}, nil)
				if len(inputs) != 1 || len(errs) > 0 {
					t.Fatalf("got inputs %v, %v", inputs, errs)
				}
				s := &Scan{Indicators: indicators(t, "198.51.100.7")}
				sum, err := s.Run(context.Background(), inputs)
				if err != nil && sum == nil {
					t.Fatal(err)
				}
				if f := sum.Files[0]; f.Status != want {
					t.Errorf("got status %v (%s), want %v", f.Status, f.Reason, want)
				}
			})
		}
	}
}

// What is looked at for a header alone keeps nobody waiting, either.
func TestHeaderOfStoredMember(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.zip")
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	m, err := z.CreateHeader(&zip.FileHeader{Name: "csl.csv", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	m.Write([]byte("TimeGenerated,DeviceVendor,DestinationIP\n2026-05-21T08:00:00Z,vendor,198.51.100.7\n"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	inputs, errs := formats.Walk([]string{path}, nil)
	if errs != nil {
		t.Fatal(errs)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := &run{Scan: &Scan{}, caller: ctx}
	for _, want := range []int{3, 0} {
		if names := r.headerOf(newInput(0, inputs[0])); len(names) != want {
			t.Errorf("%q, want %d names", names, want)
		}
		cancel()
	}
}
