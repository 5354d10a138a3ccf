"""Keep a copy of a company's open invoices and post payments; the standard library is enough.

DESKBRIDGE_TOKEN=dbt_... python pull_and_post.py http://localhost:8086 NAME copy.json paid.jsonl
"""

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

address, name, copy, payments = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
BASE = f"{address}/api/v1/connections/{urllib.parse.quote(name, safe='')}/"
HEADERS = {"Authorization": f"Bearer {os.environ['DESKBRIDGE_TOKEN']}"}


def ask(path, body=None, **headers):
    """Ask until there is an answer; what is refused for good ends the program with the words."""
    asked = urllib.request.Request(BASE + path, body, {**HEADERS, **headers})
    while True:
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            if refused.code == 410:
                copy.unlink()  # away for too long: the next run reads everything again
            if refused.code not in (429, 503):
                sys.exit(refused.read().decode())
        except (OSError, http.client.HTTPException, ValueError):
            pass  # nobody is there just now, or the answer was cut
        time.sleep(0.5)


held = json.loads(copy.read_text()) if copy.exists() else {"cursor": None, "open": {}}
path = "invoices?status=open&limit=500" if held["cursor"] is None else None
while path:  # the first time: every page, and the cursor of the first one
    page = ask(path)
    held["cursor"] = page["cursor"] if held["cursor"] is None else held["cursor"]
    held["open"].update((one["txn_id"], one) for one in page["data"])
    path = page["next"] and f"invoices?status=open&limit=500&after={page['next']}"
while (changed := ask(f"invoices?since={held['cursor']}"))["cursor"] != held["cursor"]:
    for one in changed["data"]:  # later: what changed since
        held["open"].pop(one["txn_id"], None)
        if one["status"] == "open" and not one["left_out"]:
            held["open"][one["txn_id"]] = one
    held["cursor"] = changed["cursor"]
copy.with_suffix(".new").write_text(json.dumps(held))
copy.with_suffix(".new").replace(copy)  # all of it or nothing

for line in payments.read_text().splitlines():  # under one key asking again is harmless
    key = {"Idempotency-Key": json.loads(line)["external_id"], "Content-Type": "application/json"}
    print(json.loads(line)["external_id"], ask("payments", line.encode(), **key)["status"])
