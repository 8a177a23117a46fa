package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/feed"
	"github.com/iocsweep/iocsweep/ioc/pack"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/spf13/cobra"
)

func (a *app) iocPack() *cobra.Command {
	var f feedFlags
	var output, keyFile string
	var clobber bool
	c := &cobra.Command{
		Use:   "pack FEED... -o FILE.iocpack",
		Short: "Write indicators into one file that loads fast and can be signed",
		Long: `Reads indicator sources and writes all that is usable of them into one
compressed file, with what is said of each indicator, where it stood, and the
SHA-256 of each source. The same sources give the same bytes. A source that
breaks off half-way is an error, and nothing is written then.

With any flags a pack gives what its sources give. What only --url-hosts and
--force-broad take is in it too, and is taken when it is read with these flags.
Flags that drop indicators while it is made drop them for good.`,
		Example: "  iocsweep ioc pack --key team.key -o today" + feed.PackSuffix + " threatfox.csv more.txt",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error {
			f.iocs, f.forPack = append(f.iocs, paths...), true
			return a.packFeeds(c.Context(), &f, output, keyFile, clobber)
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "the `FILE` to write")
	c.Flags().StringVar(&keyFile, "key", "", "sign with the key in `FILE`, which ioc keygen makes")
	c.Flags().BoolVar(&clobber, "clobber", false, "overwrite an existing file")
	f.registerKind(flags{c.Flags()})
	return c
}

// packFeeds writes a pack of the feeds to output, signed with the key in keyFile
// if that is not "".
func (a *app) packFeeds(ctx context.Context, f *feedFlags, output, keyFile string, clobber bool) error {
	if output == "" {
		return usage(errors.New("no output: give a file with -o"))
	}
	key, err := signingKey(keyFile)
	if err != nil {
		return usage(err)
	}
	if err := mayWrite("--output", output, clobber); err != nil {
		return usage(err)
	}
	list, reports, err := f.read(a)
	if err != nil {
		return usage(fmt.Errorf("read indicators: %w", err))
	}
	if err := brokenFeeds(reports); err != nil {
		return usage(fmt.Errorf("nothing written: %w", err))
	}
	a.saidOfFeeds(reports, false)
	hosts, broad := feed.Hosts(reports).Len(), 0
	for n := range list.Len() {
		if !f.forceBroad && list.Broad(n) {
			broad++
		}
	}
	if list.Len()+hosts == 0 {
		return usage(errors.New("nothing written: no indicator is left"))
	}
	err = writeWhole(ctx, output, 0o644, func(w io.Writer) error { return feed.WritePack(w, list, reports, key) })
	if err != nil {
		return outputError(err)
	}
	signed := ""
	if key != nil {
		signed = ", signed by " + pack.KeyID(key.Public().(ed25519.PublicKey))
	}
	aside := asideText(hosts, broad)
	if aside != "" {
		aside = ", and beside them " + aside
	}
	a.warnf("%s: %s%s%s", scanner.Printable(output), count(list.Len()-broad, "indicator"), aside, signed)
	return nil
}

// signingKey reads the private key in a file; nil if there is no file.
func signingKey(path string) (ed25519.PrivateKey, error) {
	if path == "" {
		return nil, nil
	}
	text, err := readKey(path)
	if err != nil {
		return nil, err
	}
	key, err := pack.ParsePrivate(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// asideText says what a pack has beside the indicators, "" for nothing.
func asideText(hosts, broad int) string {
	var parts []string
	if hosts > 0 {
		parts = append(parts, count(hosts, "host")+" of URLs (--url-hosts)")
	}
	if broad > 0 {
		parts = append(parts, count(broad, "broad name")+" (--force-broad)")
	}
	return strings.Join(parts, " and ")
}

func (a *app) iocVerify() *cobra.Command {
	var f feedFlags
	c := &cobra.Command{
		Use:   "verify FILE" + feed.PackSuffix,
		Short: "Say what a pack holds, where that came from and who signed it",
		Long: `Reads a pack whole and prints its version, its indicators by type, its sources
with the SHA-256 of each, and who signed it. The status is 0 when all
checksums are right, the signature too if there is one, and, with
--verify-key, when it is by that key; else 2.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, paths []string) error {
			key, err := f.key()
			if err != nil {
				return usage(err)
			}
			in := a.in
			if paths[0] != "-" {
				file, err := os.Open(paths[0])
				if err != nil {
					return usage(err)
				}
				defer file.Close()
				in = file
			}
			p, err := pack.Read(bufio.NewReaderSize(in, 1<<20), key)
			if err != nil {
				return usage(fmt.Errorf("%s: %w", paths[0], err))
			}
			return a.result(packReport(paths[0], p), nil)
		},
	}
	f.registerVerify(flags{c.Flags()})
	return c
}

// packReport lays out what a pack says of itself.
func packReport(path string, p *pack.Pack) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n  version     %d\n", scanner.Printable(path), p.Version)
	hosts, broad := 0, 0
	if p.Hosts != nil {
		hosts = p.Hosts.Len()
	}
	for _, n := range p.Doubtful {
		if p.List.Broad(int(n)) {
			broad++
		}
	}
	var types []string
	for t, n := range p.Counts {
		if ioc.Type(t) == ioc.Domain {
			n -= broad
		}
		if n > 0 {
			types = append(types, number(n)+" "+ioc.Type(t).String())
		}
	}
	fmt.Fprintf(&b, "  indicators  %s (%s)\n", number(p.List.Len()-broad), strings.Join(types, ", "))
	if aside := asideText(hosts, broad); aside != "" {
		fmt.Fprintf(&b, "  on request  %s\n", aside)
	}
	signer := "nobody"
	if p.Signer != nil {
		signer = pack.KeyID(p.Signer)
	}
	fmt.Fprintf(&b, "  signed by   %s\n", signer)
	for i := range p.Sources {
		s := &p.Sources[i]
		fmt.Fprintf(&b, "  source      %s\n", scanner.Printable(s.Path))
		fmt.Fprintf(&b, "    sha256    %s\n", hex.EncodeToString(s.Sum[:]))
		fmt.Fprintf(&b, "    %s, %s bytes: %s taken, %s merged, %s skipped, %s rejected\n", scanner.Printable(s.Kind), number(s.Size),
			number(s.Taken), number(s.Merged), number(s.Skipped), number(s.Rejected))
	}
	return b.String()
}

func (a *app) iocKeygen() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "keygen -o KEY",
		Short: "Make a key to sign packs with",
		Long: `Makes an ed25519 key and writes it to two files: KEY, which signs packs and
is kept private, and KEY.pub, which goes to those who read them. A file that
is there is never overwritten.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if output == "" {
				return usage(errors.New("no output: give a file with -o"))
			}
			public := output + ".pub"
			for _, path := range []string{output, public} {
				if _, err := os.Lstat(path); err == nil {
					return usage(fmt.Errorf("%s exists", path))
				}
			}
			key, err := pack.NewKey()
			if err != nil {
				return outputError(err)
			}
			id := key.Public().(ed25519.PublicKey)
			if err := writeNew(output, 0o600, pack.PrivateText(key)); err != nil {
				return outputError(err)
			}
			if err := writeNew(public, 0o644, pack.PublicText(id)); err != nil {
				_ = os.Remove(output) // half a pair is of no use, and in the way of the next
				return outputError(err)
			}
			return a.result(pack.KeyID(id)+"\n", nil)
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "the `FILE` of the private key; the public one is FILE.pub")
	return c
}

func (f *feedFlags) registerVerify(fs flags) {
	fs.StringVar(&f.verifyKey, "verify-key", "", "refuse packs that are not signed by the key whose public half is in `FILE`")
}

// key is the key of --verify-key, nil where it is not given.
func (f *feedFlags) key() (ed25519.PublicKey, error) {
	if f.verifyKey == "" {
		return nil, nil
	}
	text, err := readKey(f.verifyKey)
	if err != nil {
		return nil, fmt.Errorf("--verify-key: %w", err)
	}
	key, err := pack.ParsePublic(text)
	if err != nil {
		return nil, fmt.Errorf("--verify-key: %s: %w", f.verifyKey, err)
	}
	return key, nil
}

// readKey reads a key file, of which a kilobyte is enough.
func readKey(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 1<<10))
	return string(b), err
}
