#!/bin/sh
# Makes guide.doc and guide.rtf of guide.fodt with LibreOffice.
set -e
cd "$(dirname "$0")"
profile=$(mktemp -d)
for format in doc rtf; do
	soffice "-env:UserInstallation=file://$profile" --headless --convert-to "$format" guide.fodt
done
rm -r "$profile"
