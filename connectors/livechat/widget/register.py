#!/usr/bin/env python3
"""Registers the webhooks of webhooks/*.json with LiveChat.

Nothing secret is in those files; what is comes from the environment:

  TOKEN       an access token with webhooks.configuration:rw
  ACCOUNT     the account id, if TOKEN is a personal access token
  CLIENT_ID   of the app in the developer console
  PATH_TOKEN  and SECRET_KEY, as in the desk's settings
  REGION      dal (if not set) or fra

Running it twice registers twice: list_webhooks shows what is there.
"""
import base64, glob, json, os, sys, urllib.error, urllib.request

ADDRESS = "https://api.livechatinc.com/v3.6/configuration/action/register_webhook"


def main():
    missing = [n for n in ("TOKEN", "CLIENT_ID", "PATH_TOKEN", "SECRET_KEY") if not os.environ.get(n)]
    if missing:
        sys.exit("not set: " + ", ".join(missing))
    token, account = os.environ["TOKEN"], os.environ.get("ACCOUNT")
    auth = "Bearer " + token
    if account:
        auth = "Basic " + base64.b64encode((account + ":" + token).encode()).decode()
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "webhooks")
    for name in sorted(glob.glob(os.path.join(folder, "*.json"))):
        with open(name, encoding="utf-8") as f:
            webhook = json.load(f)
        webhook["url"] += "/" + os.environ["PATH_TOKEN"]
        webhook["secret_key"] = os.environ["SECRET_KEY"]
        webhook["owner_client_id"] = os.environ["CLIENT_ID"]
        request = urllib.request.Request(os.environ.get("ADDRESS", ADDRESS), json.dumps(webhook).encode(), {
            "Authorization": auth, "Content-Type": "application/json", "X-Region": os.environ.get("REGION", "dal"),
        })
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                print(webhook["action"], json.load(answer).get("id"))
        except urllib.error.HTTPError as e:
            sys.exit("%s: %s %s" % (webhook["action"], e.code, e.read().decode(errors="replace")))


main()
