#!/bin/sh
# Makes talk.ppt.gz of talk.fodp with LibreOffice, which adds a large picture
# of the first slide that packs well.
set -e
cd "$(dirname "$0")"
profile=$(mktemp -d)
soffice "-env:UserInstallation=file://$profile" --headless --convert-to ppt talk.fodp
gzip -9nf talk.ppt
rm -r "$profile"
