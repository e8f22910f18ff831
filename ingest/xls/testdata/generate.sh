#!/bin/sh
# Makes prices.xls of prices.fods and looks.xls of looks.fods with LibreOffice.
set -e
cd "$(dirname "$0")"
profile=$(mktemp -d)
soffice "-env:UserInstallation=file://$profile" --headless --convert-to xls prices.fods looks.fods
rm -r "$profile"
