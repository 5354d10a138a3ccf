"""Keep a copy of a company's open invoices and post payments; the standard library is enough.

DESKBRIDGE_TOKEN=dbt_... python pull_and_post.py http://localhost:8086 NAME copy.json paid.jsonl
"""

import json
import os
import sys
import time
from http.client import HTTPException
from pathlib import Path
from urllib import error, parse, request

base = f"{sys.argv[1]}/api/v1/connections/{parse.quote(sys.argv[2], '')}"
copy, paid = map(Path, sys.argv[3:])
sent = {"Authorization": f"Bearer {os.environ['DESKBRIDGE_TOKEN']}"}


def ask(path, body=None, **headers):
    """Ask until there is an answer; a refusal for good ends the program with its words."""
    asked = request.Request(f"{base}/{path}", body, sent | headers)
    while True:
        try:
            return json.load(request.urlopen(asked, timeout=30))
        except error.HTTPError as refused:
            if refused.code == 410:
                copy.unlink()  # away for too long: the next run reads everything again
            if refused.code not in (429, 502, 503, 504):
                sys.exit(refused.read().decode())
            time.sleep(float(refused.headers["Retry-After"] or 1))
        except (OSError, HTTPException, ValueError):
            time.sleep(1)  # nobody is there just now, or the answer was cut


held = json.loads(copy.read_text()) if copy.exists() else {"cursor": None, "open": {}}
query, last = f"since={held['cursor']}" if copy.exists() else "status=open", None
while query != last:  # at first every page, then what changed, until nothing does
    page, last = ask(f"invoices?limit=500&{query}"), query
    held["open"] |= {one["txn_id"]: one for one in page["data"]}
    query = f"status=open&after={page['next']}" if page["next"] else f"since={page['cursor']}"
owed = {k: v for k, v in held["open"].items() if v["status"] == "open" and not v["left_out"]}
copy.with_suffix(".new").write_text(json.dumps({"cursor": page["cursor"], "open": owed}))
copy.with_suffix(".new").replace(copy)  # all of it or nothing

for line in paid.read_text().splitlines():  # under one key asking again is harmless
    key = {"Idempotency-Key": json.loads(line)["external_id"], "Content-Type": "application/json"}
    print(key["Idempotency-Key"], ask("payments", line.encode(), **key)["status"])
