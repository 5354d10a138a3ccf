"""Keep a copy of a company's open invoices and post payments; the standard library is enough.

DESKBRIDGE_TOKEN=dbt_... python pull_and_post.py http://localhost:8086 NAME copy.json paid.jsonl
"""

import json
import os
import sys
import time
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

address, name, copy, paid = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])


def ask(path, body=None, **headers):
    """Ask until there is an answer; what is refused for good ends the program with the words."""
    headers["Authorization"] = f"Bearer {os.environ['DESKBRIDGE_TOKEN']}"
    asked = Request(f"{address}/api/v1/connections/{quote(name, '')}/{path}", body, headers)
    while True:
        try:
            return json.load(urlopen(asked, timeout=30))
        except HTTPError as refused:
            if refused.code == 410:
                copy.unlink()  # away for too long: the next run reads everything again
            if refused.code not in (429, 503):
                sys.exit(refused.read().decode())
        except (OSError, HTTPException, ValueError):
            pass  # nobody is there just now, or the answer was cut
        time.sleep(0.5)


held = json.loads(copy.read_text()) if copy.exists() else {"cursor": None, "open": {}}
path = "invoices?status=open&limit=500" if held["cursor"] is None else None
while path:  # the first time: every page, and the cursor of the first one
    page = ask(path)
    held["cursor"] = page["cursor"] if held["cursor"] is None else held["cursor"]
    held["open"] |= {one["txn_id"]: one for one in page["data"]}
    path = page["next"] and f"invoices?status=open&limit=500&after={page['next']}"
while (changed := ask(f"invoices?since={held['cursor']}"))["cursor"] != held["cursor"]:
    for one in changed["data"]:  # later: what changed since
        held["open"].pop(one["txn_id"], None)
        if one["status"] == "open" and not one["left_out"]:
            held["open"][one["txn_id"]] = one
    held["cursor"] = changed["cursor"]
copy.with_suffix(".new").write_text(json.dumps(held))
copy.with_suffix(".new").replace(copy)  # all of it or nothing

for line in paid.read_text().splitlines():  # under one key asking again is harmless
    key = {"Idempotency-Key": json.loads(line)["external_id"], "Content-Type": "application/json"}
    print(key["Idempotency-Key"], ask("payments", line.encode(), **key)["status"])
