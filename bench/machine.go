package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// A machine is what numbers depend on.
type machine struct {
	cpu    string
	cores  int
	memory int64 // in bytes; 0 if unknown
	os     string
}

func thisMachine() machine {
	m := machine{cpu: runtime.GOARCH, cores: runtime.NumCPU(), os: runtime.GOOS}
	switch runtime.GOOS {
	case "linux":
		if s := field("/proc/cpuinfo", "model name"); s != "" {
			m.cpu = s
		}
		kib, _ := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 10, 64)
		m.memory = kib * 1024
	case "darwin":
		if s := said("sysctl", "-n", "machdep.cpu.brand_string"); s != "" {
			m.cpu = s
		}
		m.memory, _ = strconv.ParseInt(said("sysctl", "-n", "hw.memsize"), 10, 64)
	case "windows":
		if s := os.Getenv("PROCESSOR_IDENTIFIER"); s != "" {
			m.cpu = s
		}
	}
	if s := said("uname", "-sr"); s != "" {
		m.os = s
	}
	return m
}

// commit is that of the repository, and whether it has changed since.
func commit() string {
	c := said("git", "rev-parse", "--short=12", "HEAD")
	if c == "" {
		return "unknown"
	}
	if said("git", "status", "--porcelain", "--untracked-files=no") != "" {
		c += " with changes"
	}
	return c
}

func said(command string, args ...string) string {
	out, err := exec.Command(command, args...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// field returns the first value of a key in a file of "key : value" lines.
func field(path, key string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if k, v, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func (m machine) String() string {
	s := fmt.Sprintf("%s, %d cores", m.cpu, m.cores)
	if m.memory > 0 {
		s += ", " + bytesText(m.memory)
	}
	return s + ", " + m.os
}

// slug is the processor as part of a folder's name: amd-epyc-9b14.
func (m machine) slug() string {
	cut := strings.NewReplacer("(R)", "", "(TM)", "", "(r)", "", "(tm)", "", "CPU", "", "Processor", "")
	model, _, _ := strings.Cut(cut.Replace(m.cpu), "@")
	words := strings.FieldsFunc(strings.ToLower(model), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Join(words[:min(len(words), 5)], "-")
}
