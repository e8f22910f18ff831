#!/bin/sh
# Creates the webhook and its triggers in Zammad, or with "panel" the field that
# links to the panel. The secrets come from the environment and go to Zammad only.
set -eu
cd "$(dirname "$0")"
url='__URL__'
: "${ZAMMAD_TOKEN:?set it to the access token of an administrator}"

post() {
	curl -fsS -H "Authorization: Token token=$ZAMMAD_TOKEN" -H 'Content-Type: application/json' --data-binary @- "$url/api/v1/$1"
}

# Tokens are put into JSON and into a replacement: letters and digits only.
plain() {
	case $2 in
	*[!A-Za-z0-9_-]*) echo "$1: letters, digits, - and _ only; openssl rand -hex 32 makes one" >&2 && exit 1 ;;
	esac
}

if [ "${1:-}" = panel ]; then
	post object_manager_attributes <panel-field.json >/dev/null
	echo '{}' | post object_manager_attributes_execute_migrations >/dev/null
	echo "created; restart Zammad"
	exit 0
fi

: "${SIGNATURE_TOKEN:?set it to signature_token of the desk}"
plain SIGNATURE_TOKEN "$SIGNATURE_TOKEN"
plain HOOK_TOKEN "${HOOK_TOKEN:-}"
if grep -q '"HOOK_TOKEN"' webhook.json && [ -z "${HOOK_TOKEN:-}" ]; then
	echo "HOOK_TOKEN: set it to hook_token of the desk" >&2
	exit 1
fi
id=$(sed -e "s/\"SIGNATURE_TOKEN\"/\"$SIGNATURE_TOKEN\"/" -e "s/\"HOOK_TOKEN\"/\"${HOOK_TOKEN:-}\"/" webhook.json |
	post webhooks | sed -n 's/.*"id":[[:space:]]*\([0-9][0-9]*\).*/\1/p')
case $id in
'' | *[!0-9]*) echo "Zammad's answer names no webhook; look in Manage > Webhook" >&2 && exit 1 ;;
esac
for file in trigger-*.json; do
	sed "s/\"WEBHOOK_ID\"/$id/" "$file" | post triggers >/dev/null
	echo "$file: created"
done
