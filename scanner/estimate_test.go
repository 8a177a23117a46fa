package scanner

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
)

func TestEstimate(t *testing.T) {
	row := "2026-05-02T00:00:00Z,10.0.0.5,192.0.2.1,Fortinet,Fortigate\n"
	csv := "TimeGenerated,SourceIP,DestinationIP,DeviceVendor,DeviceProduct\n" + strings.Repeat(row, 1000)
	inputs := []formats.Input{
		formats.Bytes("a.csv", []byte(csv)),
		formats.Bytes("b.csv", []byte(csv+row)),
		formats.Bytes("c.jsonl", []byte(strings.Repeat(`{`+dns+`,"Name":"a.evil.test"}`+"\n", 50))),
		formats.Bytes("notes.txt", []byte("nothing of the kind")),
	}
	s := &Scan{Threads: 2}
	e, err := s.Estimate(context.Background(), inputs)
	if err != nil {
		t.Fatal(err)
	}
	if e.Skipped != 1 || e.Threads != 2 || e.Time <= 0 || len(e.Kinds) != 2 {
		t.Fatalf("%+v", e)
	}
	k := e.Kinds[0]
	if k.Table != "CommonSecurityLog" || k.Format != "csv" || k.Files != 2 || k.Bytes != int64(2*len(csv)+len(row)) || k.Rate <= 0 || k.sample != 1 {
		t.Errorf("%+v", k)
	}
	if k := e.Kinds[1]; k.Table != "DnsEvents" || k.Format != "jsonl" || k.Files != 1 {
		t.Errorf("%+v", k)
	}
	if s.Stats != nil || s.Indicators != nil {
		t.Error("the scan was changed")
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := s.Estimate(ctx, inputs); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
