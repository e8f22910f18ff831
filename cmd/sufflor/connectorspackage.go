package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/connectors"
)

func (c *cli) connectorsPackage() *cobra.Command {
	var out, public string
	var force bool
	cmd := &cobra.Command{
		Use: "package NAME", Short: "Write the app that shows our panel inside a desk", Args: cobra.ExactArgs(1),
		Long: `Writes what the desk needs to show our panel beside its conversations: an app to
upload, or files and settings, and prints what to do with them. The same configuration
gives the same bytes each time. No secret is among them.

The app has to know the https address under which agents' browsers reach this server:
public_url of the configuration, or --public.`,
		Example: `  sufflor connectors package zendesk --public https://sufflor.example.com
  sufflor connectors package teams --out ./apps --force`,
		RunE: func(_ *cobra.Command, args []string) error {
			cfg, d, err := c.configuredDesk(args[0])
			if err != nil {
				return err
			}
			if public == "" {
				public = cfg.PublicURL
			}
			o := connectors.PackageOptions{Desk: d.Name, Name: "Sufflør"}
			if o.Public, err = publicAddress(public); err != nil {
				return usage(err)
			}
			p, ok := d.Connector.(connectors.Packager)
			if !ok {
				return fmt.Errorf("a desk of kind %s holds no app of ours; agents open the panel at %s/panel", d.Kind, o.Public)
			}
			pkg, err := p.Package(o)
			if err != nil {
				return fmt.Errorf("package for desk %s: %w", d.Name, err)
			}
			written, err := writePackage(pkg, d.Name, out, force)
			if err != nil {
				return err
			}
			if c.json {
				return c.print(map[string]any{"desk": d.Name, "written": written, "files": slices.Sorted(maps.Keys(pkg.Files)), "steps": pkg.Steps})
			}
			if written != "" {
				fmt.Fprintf(c.stdout, "%s, %s\n", written, count(len(pkg.Files), "file"))
			}
			for i, step := range pkg.Steps {
				fmt.Fprintf(c.stdout, "%2d. ", i+1)
				for j, line := range strings.Split(strings.TrimSpace(step), "\n") {
					if j > 0 {
						fmt.Fprint(c.stdout, "    ")
					}
					fmt.Fprintln(c.stdout, printable(line))
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", ".", "folder that gets the zip, or the folder of files")
	cmd.Flags().StringVar(&public, "public", "", "https `address` of this server (default: public_url of the configuration)")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite what is there")
	return cmd
}

// publicAddress is an address that a desk's pages may frame.
func publicAddress(text string) (string, error) {
	if text == "" {
		return "", errors.New("the app has to know our address; set public_url in the configuration, or --public https://sufflor.example.com")
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%q: must be an https address such as https://sufflor.example.com; desks and browsers frame no other", text)
	}
	return strings.TrimRight(text, "/"), nil
}

// writePackage writes p below dir and says where; "" when it is settings only.
func writePackage(p connectors.Package, name, dir string, force bool) (string, error) {
	if len(p.Files) == 0 {
		return "", nil
	}
	for file := range p.Files {
		if !fs.ValidPath(file) || file == "." || !filepath.IsLocal(filepath.FromSlash(file)) {
			return "", fmt.Errorf("package: %q cannot be a file of it", file)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // an app is public
		return "", fmt.Errorf("out: %w; name a folder that can be written", err)
	}
	if p.Zip != "" {
		if path.Base(p.Zip) != p.Zip || !filepath.IsLocal(p.Zip) {
			return "", fmt.Errorf("package: %q cannot be the name of a zip", p.Zip)
		}
		var b bytes.Buffer
		if err := zipFiles(&b, p.Files); err != nil {
			return "", err
		}
		to := filepath.Join(dir, p.Zip)
		return to, writeNew(to, b.Bytes(), force)
	}
	return writeFolder(filepath.Join(dir, name+"-app"), p.Files, force)
}

// writeFolder writes all files or, where one is in the way, none. What lies in
// the folder and is not of the package would become part of the app: it is in
// the way as well.
func writeFolder(to string, files map[string][]byte, force bool) (string, error) {
	entries, err := os.ReadDir(to)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("out: %w", err)
	}
	if len(entries) > 0 && !force {
		return "", inTheWay(to)
	}
	err = filepath.WalkDir(to, func(at string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && e.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(to, at)
		if err != nil {
			return err
		}
		if _, ok := files[filepath.ToSlash(rel)]; !ok {
			return fmt.Errorf("%s is no part of the package and would be uploaded with it; move it away, or choose another folder with --out", at)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		at := filepath.Join(to, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil { //nolint:gosec // an app is public
			return "", fmt.Errorf("out: %w", err)
		}
		if err := writeNew(at, files[file], force); err != nil {
			return "", err
		}
	}
	return to, nil
}

func writeNew(to string, data []byte, force bool) error {
	flag := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flag = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(to, flag, 0o644) //nolint:gosec // an app is public
	if errors.Is(err, fs.ErrExist) {
		return inTheWay(to)
	}
	if err != nil {
		return fmt.Errorf("out: %w", err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("out: write %s: %w", to, err)
	}
	return nil
}

func inTheWay(at string) error {
	return fmt.Errorf("%s is there already; overwrite it with --force, or choose another folder with --out", at)
}

// zipEpoch is the time of every file in a zip: the first that the format knows.
var zipEpoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// zipFiles writes files in the order of their names, all of the same time.
func zipFiles(w io.Writer, files map[string][]byte) error {
	z := zip.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: zipEpoch}
		h.SetMode(0o644)
		f, err := z.CreateHeader(h)
		if err == nil {
			_, err = f.Write(files[name])
		}
		if err != nil {
			return fmt.Errorf("package %s: %w", name, err)
		}
	}
	return z.Close()
}
