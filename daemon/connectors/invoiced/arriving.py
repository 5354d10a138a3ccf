"""What happened to payments on Invoiced: three ways to hear of it, each blind to something.

- The list of payments by ``updated_after`` has new ones, changes and voids. Seconds are its finest
  unit, and what was changed at the same moment may show later: so it is asked with an overlap for
  a while, and what was brought is remembered. Each page goes on where the one before ended in
  time, so that what moves meanwhile is met again rather than missed.
- A charge that is pending may succeed without moving its payment: that one is watched, and asked
  for by its id.
- Refunds, disputes and deletions for good are in the feed of events alone. The feed has the newest
  first, and is asked by kinds in turn, one a time, so that a quiet minute costs two requests.

Whatever tells of a payment, the payment itself is read and brought as it is now. The cursor is all
that is remembered; it is JSON, and of no meaning to others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from daemon.connectors.invoiced.api import Api, ApiNotNow, ApiRefusal, ApiSilence, Page
from daemon.connectors.invoiced.received import Record, arrival, unread_because
from daemon.connectors.platform import Arrivals
from shared.rules.arrivals import Arrival
from shared.rules.connectors import Watched

OVERLAP_SECONDS = 120
CALM_POLLS = 12
"""After so many polls without anything new, nothing can turn up late any more."""
MOST_SEEN = 1000
PER_PAGE = 100
TURNS = ("refund", "dispute", "payment", "")
"""The kinds of events, one for each poll; at the last turn none is asked for."""
_SHOWN = {"include": "applied_to", "expand": "customer"}
_GONE = 404
_EVENT = "event/"
"""So an event is called that could not be read, followed by its id."""


@dataclass(frozen=True, slots=True)
class _Feed:
    """How far the events of one kind were read: the newest known, and where a walk goes on.

    ``reached`` is the newest event that the walk began with, ``query`` the page that is next.
    """

    at: int = 0
    id: int = 0
    reached: tuple[int, int] = (0, 0)
    query: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far everything was read, in seconds and ids of Invoiced.

    Payments of ``start`` and before are old. ``top`` is the latest change that was seen, ``seen``
    the payments that were changed shortly before it, with when. ``calm`` counts the polls since.
    While there are more pages, ``going`` is from where on the next one is asked for.
    """

    start: int = 0
    top: int = 0
    seen: Mapping[str, int] = field(default_factory=dict)
    calm: int = 0
    going: int = 0
    turn: int = 0
    feeds: Mapping[str, _Feed] = field(default_factory=dict)

    @property
    def after(self) -> int:
        """From where on payments are asked for."""
        return self.top if self.calm >= CALM_POLLS else max(self.top - OVERLAP_SECONDS, 0)

    def as_text(self) -> str:
        """The cursor as others keep it."""
        return json.dumps(asdict(self), separators=(",", ":"))


def read_cursor(text: str) -> Cursor:
    """The cursor that ``as_text`` wrote."""
    told = json.loads(text)
    feeds = {
        kind: _Feed(one["at"], one["id"], tuple(one["reached"]), one["query"])
        for kind, one in told.pop("feeds").items()
    }
    return Cursor(**told, feeds=feeds)


class Arriving:
    """Reads what happened to payments. Raises what the client raises."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def after(self, text: str, watched: Sequence[Watched], zone: str) -> Arrivals:
        """What happened after the cursor, a page at a time, and how the watched ones are."""
        if not text:
            return Arrivals((await self._from_now_on()).as_text())
        cursor = read_cursor(text)
        cursor, fresh = await self._changed(cursor)
        if cursor.going:
            return Arrivals(cursor.as_text(), _found(fresh, zone, cursor.start), has_more=True)
        cursor, told, has_more = await self._of_events(cursor)
        names = dict.fromkeys([*(one.their_id for one in watched), *told])
        known = {str(one["id"]) for one in fresh}
        again = [
            one
            for name in names
            if name not in known
            for one in await self._again(name, zone, cursor.start)
        ]
        found = (*_found(fresh, zone, cursor.start), *again)
        return Arrivals(cursor.as_text(), found, has_more=has_more)

    async def _from_now_on(self) -> Cursor:
        """Where the latest payment and the latest events are now."""
        newest = await self._api.page(
            "/payments", {"sort": "updated_at desc", "per_page": str(PER_PAGE)}
        )
        top = max((_moved(one) for one in newest.records), default=0)
        seen = {str(one["id"]): _moved(one) for one in newest.records}
        feeds = {}
        for kind in filter(None, TURNS):
            feeds[kind] = _Feed(*max(map(_place, await self._newest(kind)), default=(0, 0)))
        return Cursor(top, top, _recent(seen, top), feeds=feeds)

    async def _newest(self, kind: str) -> Sequence[Record]:
        try:
            page: Page = await self._api.page("/events", {"type": kind, "per_page": "1"})
        except ApiRefusal:  # not every kind may be one that can be asked for
            return ()
        return page.records

    async def _changed(self, cursor: Cursor) -> tuple[Cursor, list[Record]]:
        """The payments of one page that are new or changed, and where to go on.

        A page that ends in the second that it began with is read on: asking for what is later
        would bring the same page for ever.
        """
        asked = cursor.going or cursor.after
        query: Mapping[str, str] | None = {
            "updated_after": str(asked),
            "sort": "updated_at asc",
            "per_page": str(PER_PAGE),
            **_SHOWN,
        }
        fresh: list[Record] = []
        going, top, seen = asked, cursor.top, dict(cursor.seen)
        while query is not None and going <= asked:
            page = await self._api.page("/payments", query)
            fresh += [one for one in page.records if seen.get(str(one["id"])) != _moved(one)]
            seen.update((str(one["id"]), _moved(one)) for one in page.records)
            top = max([top, *map(_moved, page.records)])
            going = _moved(page.records[-1]) - 1 if page.records else asked
            query = page.following
        calm = 0 if top > cursor.top else min(cursor.calm + 1, CALM_POLLS)
        going = going if query is not None else 0
        return replace(cursor, going=going, top=top, seen=_recent(seen, top), calm=calm), fresh

    async def _of_events(self, cursor: Cursor) -> tuple[Cursor, list[str], bool]:
        """The payments that events of one kind are about; whether there is more of that kind."""
        kind = TURNS[cursor.turn % len(TURNS)]
        later = replace(cursor, turn=(cursor.turn + 1) % len(TURNS))
        if not kind:
            return later, [], False
        feed = cursor.feeds.get(kind, _Feed())
        first = {"type": kind, "start_date": str(feed.at), "per_page": str(PER_PAGE)}
        try:
            page = await self._api.page("/events", feed.query or first)
        except ApiRefusal:
            return later, [], False
        new = [one for one in page.records if _place(one) > (feed.at, feed.id)]
        reached = max([feed.reached, *map(_place, new)])
        ids = [name for one in new for name in await self._told_by(one)]
        if page.following is not None and len(new) == len(page.records):
            going = replace(feed, reached=reached, query=page.following)
            return replace(cursor, feeds={**cursor.feeds, kind: going}), ids, True
        at, id_ = max(reached, (feed.at, feed.id))
        return replace(later, feeds={**cursor.feeds, kind: _Feed(at, id_)}), ids, False

    async def _told_by(self, event: Record) -> list[str]:
        """The payments that have to be read again after an event; itself, if it tells none.

        So it is asked for again by its name until it can be read, and the others go on.
        """
        try:
            return await self._payments_of(event)
        except (ApiNotNow, ApiSilence):
            raise
        except Exception:
            return [f"{_EVENT}{event['id']}"]

    async def _payments_of(self, event: Record) -> list[str]:
        kind = next(one for one in TURNS if str(event["type"]).startswith(one))
        about = event["data"]["object"]
        if kind == "payment":
            is_deleted = event["type"] == "payment.deleted" and not about.get("voided")
            return [str(about["id"])] if is_deleted else []
        charge = about if kind == "dispute" and "charge" not in about else None
        if charge is None:
            charge = await self._read(f"/charges/{about['charge']}")
        if not charge or not charge.get("gateway_id"):
            return []
        query = {"filter[reference]": str(charge["gateway_id"])}
        found = await self._api.page("/payments", query)
        return [
            str(one["id"])
            for one in found.records
            if str((one.get("charge") or {}).get("id")) == str(charge["id"])
        ]

    async def _again(self, name: str, zone: str, start: int) -> list[Arrival]:
        """What is asked for by its name: a payment, or an event that could not be read before."""
        try:
            if not name.startswith(_EVENT):
                return [await self._payment(name, zone, start)]
            event = await self._read(f"/events/{name.removeprefix(_EVENT)}")
            ids = await self._payments_of(event) if event else []
            told = Arrival(name, None, passed_over=True)
            return [told, *[await self._payment(id_, zone, start) for id_ in ids]]
        except (ApiNotNow, ApiSilence):
            raise
        except ApiRefusal as why:
            return [Arrival(name, None, unread=f"Invoiced does not show it: {why.said}")]
        except Exception as why:
            return [Arrival(name, None, unread=unread_because(why))]

    async def _payment(self, their_id: str, zone: str, start: int) -> Arrival:
        record = await self._read(f"/payments/{their_id}", _SHOWN)
        return Arrival(their_id, None) if record is None else arrival(record, zone, start)

    async def _read(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """A record; None where it is gone."""
        try:
            return await self._api.get(path, query)
        except ApiRefusal as why:
            if why.status == _GONE:
                return None
            raise


def _moved(record: Record) -> int:
    return int(record["updated_at"])


def _place(event: Record) -> tuple[int, int]:
    return int(event["timestamp"]), int(event["id"])


def _recent(seen: Mapping[str, int], top: int) -> dict[str, int]:
    """The latest of them that the overlap may bring again."""
    kept = [(at, id_) for id_, at in seen.items() if at >= top - OVERLAP_SECONDS]
    return {id_: at for at, id_ in sorted(kept)[-MOST_SEEN:]}


def _found(records: Sequence[Record], zone: str, start: int) -> tuple[Arrival, ...]:
    found = (arrival(one, zone, start) for one in records)
    return tuple(one for one in found if not one.passed_over)
