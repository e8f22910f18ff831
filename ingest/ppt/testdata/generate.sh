#!/bin/sh
# Makes talk.ppt.gz of talk.fodp and looks.ppt.gz of looks.fodp with LibreOffice,
# which adds a large picture of the first slide that packs well.
set -e
cd "$(dirname "$0")"
profile=$(mktemp -d)
soffice "-env:UserInstallation=file://$profile" --headless --convert-to ppt talk.fodp looks.fodp
gzip -9nf talk.ppt looks.ppt
rm -r "$profile"
