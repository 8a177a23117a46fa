package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const endpointHeader = "Timestamp,DeviceName,ActionType,RemoteIP,RemotePort,RemoteUrl,LocalIP\n"

// TestEarlyReader: a reader that closes the pipe, as head does, ends the run
// quietly.
func TestEarlyReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dne.csv")
	var b bytes.Buffer
	b.WriteString(endpointHeader)
	for n := range 20000 {
		fmt.Fprintf(&b, "2026-05-21T08:%02d:%02dZ,pc,ConnectionSuccess,176.65.139.7,3778,,10.0.0.5\n", n/60%60, n%60)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, order := range []string{"newest", "input"} {
		summary := filepath.Join(t.TempDir(), "summary.json")
		c := exec.Command("iocsweep", "scan", "--order", order, "--ioc", "176.65.139.7", "--exit-code", "--summary", summary, path)
		var stderr bytes.Buffer
		c.Stderr = &stderr
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReaderSize(out, 16).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, `{"schema":1,`) {
			t.Errorf("%s: first line %q, %v", order, line, err)
		}
		out.Close()
		if err := c.Wait(); c.ProcessState.ExitCode() != statusHits || stderr.Len() > 0 {
			t.Errorf("%s: %v, standard error %q", order, err, stderr.String())
		}
		checkPartial(t, summary)
	}
}

// checkPartial says that a summary is there and does not call the run complete.
func checkPartial(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil || !json.Valid(text) || !bytes.Contains(text, []byte(`"coverage": "partial"`)) {
		t.Errorf("summary %q, %v", text, err)
	}
}
