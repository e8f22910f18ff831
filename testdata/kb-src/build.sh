#!/usr/bin/env bash
# Rebuilds the knowledge base of the fictional company: every pdf and docx of
# testdata/kb/<lang> from testdata/kb-src/<lang>/*.md, then the price workbooks.
#
#   testdata/kb-src/build.sh            everything
#   testdata/kb-src/build.sh fi de      these languages only, no workbooks
#   testdata/kb-src/build.sh prices     the workbooks only
#
# The front-matter key `output: pdf` or `output: docx` decides what a source
# becomes; a source without the key is an error. Documents of other kinds (html,
# md, txt, csv, json) are written straight into testdata/kb and not touched here.
set -euo pipefail

src=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$src/../.." && pwd)
kb=$root/testdata/kb

missing=()
command -v pandoc >/dev/null || missing+=("pandoc (Debian package: pandoc)")
command -v soffice >/dev/null || missing+=("soffice (Debian packages: libreoffice-writer-nogui, or libreoffice-writer)")
if ((${#missing[@]})); then
  echo "build.sh: missing: ${missing[*]}" >&2
  echo "build.sh: on Debian: sudo apt-get install pandoc libreoffice-writer-nogui fonts-liberation" >&2
  exit 1
fi

export SOURCE_DATE_EPOCH=1767312000 # 2 January 2026, so that a rebuilt docx is the same file
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
profile="-env:UserInstallation=file://$tmp/profile"

front() { # front FILE KEY: the value of KEY in the YAML front matter
  awk -v key="$2:" 'NR==1{next} /^(---|\.\.\.)[ \t]*$/{exit} $1==key{sub(/^[^:]*:[ \t]*/,""); gsub(/^["\x27]|["\x27][ \t]*$/,""); print; exit}' "$1"
}

if (($#)); then want=("$@"); else
  want=()
  for d in "$src"/??/; do [ -d "$d" ] && want+=("$(basename "$d")"); done
  want+=(prices)
fi

for lang in "${want[@]}"; do
  if [ "$lang" = prices ]; then
    echo "prices: go run ./testdata/kb-src/prices"
    (cd "$root" && go run ./testdata/kb-src/prices)
    continue
  fi
  mkdir -p "$kb/$lang" "$tmp/$lang"
  pdfs=()
  for md in "$src/$lang"/*.md; do
    [ -e "$md" ] || continue
    name=$(basename "$md" .md)
    kind=$(front "$md" output)
    case $kind in
      docx) out=$kb/$lang/$name.docx ;;
      pdf) out=$tmp/$lang/$name.docx; pdfs+=("$out") ;;
      *) echo "build.sh: $md: front matter needs 'output: pdf' or 'output: docx' (found '$kind')" >&2; exit 1 ;;
    esac
    pandoc --from markdown --to docx --standalone --reference-doc "$src/reference.docx" --output "$out" "$md"
    if [ "$kind" = docx ]; then echo "$lang: $name.docx"; fi
  done
  if ((${#pdfs[@]})); then
    # One call for all of a language: starting the office takes longer than converting.
    soffice "$profile" --headless --norestore --convert-to pdf --outdir "$tmp/$lang" "${pdfs[@]}" >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; exit 1; }
    for docx in "${pdfs[@]}"; do
      pdf=${docx%.docx}.pdf
      [ -s "$pdf" ] || { echo "build.sh: soffice made no $(basename "$pdf")" >&2; cat "$tmp/log" >&2; exit 1; }
      mv -f "$pdf" "$kb/$lang/"
      echo "$lang: $(basename "$pdf")"
    done
  fi
done
