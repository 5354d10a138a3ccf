"""What happened to payments on Invoiced: three ways to hear of it, each blind to something.

- The list of payments by ``updated_after`` has new ones, changes and voids. Seconds are its finest
  unit, and what was changed at the same moment may show later: so it is asked with an overlap for
  a while. The newest come first; where there is more than a page, all of it is read in order of
  its ids, in which nothing moves meanwhile. What was read is known by the first page and by how
  many there are, so that a burst of payments is read twice: when it shows, and when the second of
  its last change is over.
- A charge that is pending may succeed without moving its payment: that one is watched, and asked
  for by its id.
- Refunds, disputes and deletions for good are in the feed of events alone. The feed has the newest
  first, and is asked by kinds in turn, one a time, so that a quiet minute costs two requests. An
  event may show after a later one: so it is asked with an overlap, too.

Whatever tells of a payment, the payment itself is read and brought as it is now. The cursor is all
that is remembered; it is JSON, and of no meaning to others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

from daemon.connectors.invoiced.api import Api, ApiNotNow, ApiRefusal, ApiSilence, Page
from daemon.connectors.invoiced.looking import Looks
from daemon.connectors.invoiced.received import Record, arrival, unread_because
from daemon.connectors.platform import Arrivals
from shared.rules.arrivals import Arrival
from shared.rules.connectors import Watched
from shared.structs import Value, field, replace, to_builtins

OVERLAP_SECONDS = 120
CALM_POLLS = 12
"""After so many polls without anything new, nothing can turn up late any more."""
MOST_SEEN = 1000
PER_PAGE = 100
TURNS = ("refund", "dispute", "payment", "")
"""The kinds of events, one for each poll; at the last turn none is asked for."""
_SHOWN = {"include": "applied_to", "expand": "customer"}
_EVENT = "event/"
"""So an event is called that could not be read, followed by its id."""


class _Feed(Value):
    """How far the events of one kind were read: when the newest known happened, and those shortly
    before it, by their ids, with when.

    ``mark`` tells whether all that a look finds was read, ``calm`` counts the looks since.
    ``query`` is the page that is next, ``reached`` the newest on those before it.
    """

    at: int = 0
    seen: Mapping[str, int] = field(default_factory=dict)
    mark: str = ""
    calm: int = 0
    reached: int = 0
    query: Mapping[str, str] | None = None

    @property
    def since(self) -> int:
        """From when on events are asked for."""
        is_calm = self.calm >= CALM_POLLS // len(TURNS)
        return self.at if is_calm else max(self.at - OVERLAP_SECONDS, 0)


class Cursor(Value):
    """How far everything was read, in seconds and ids of Invoiced.

    Payments of ``start`` and before are old, of that second those up to the id ``last``. ``top``
    is the latest change that was seen, ``seen`` the payments that were changed shortly before it,
    with when, ``mark`` what tells whether all of them were read. ``calm`` counts the polls since.
    ``query`` is the page that is next while there are more.
    """

    start: int = 0
    last: int = 0
    top: int = 0
    seen: Mapping[str, int] = field(default_factory=dict)
    mark: str = ""
    calm: int = 0
    query: Mapping[str, str] | None = None
    turn: int = 0
    feeds: Mapping[str, _Feed] = field(default_factory=dict)

    @property
    def after(self) -> int:
        """From where on payments are asked for."""
        return self.top if self.calm >= CALM_POLLS else max(self.top - OVERLAP_SECONDS, 0)

    @property
    def kind(self) -> str:
        """The kind of events whose turn it is."""
        return TURNS[self.turn % len(TURNS)]

    @property
    def feed(self) -> _Feed:
        """How far the events of that kind were read."""
        return self.feeds.get(self.kind, _Feed())

    def as_text(self) -> str:
        """The cursor as others keep it."""
        return json.dumps(to_builtins(self), separators=(",", ":"))


def read_cursor(text: str) -> Cursor:
    """The cursor that ``as_text`` wrote."""
    told = json.loads(text)
    feeds = {kind: _Feed(**one) for kind, one in told.pop("feeds").items()}
    if going := told.pop("going", 0):  # so early versions kept where they were amid pages
        told["top"] = going
    return Cursor(**told, feeds=feeds)


class Arriving:
    """Reads what happened to payments. Raises what the client raises."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._looks = Looks(api)

    async def after(self, text: str, watched: Sequence[Watched], zone: str) -> Arrivals:
        """What happened after the cursor, a page at a time, and how the watched ones are."""
        if not text:
            return Arrivals((await self._from_now_on()).as_text())
        cursor = read_cursor(text)
        fresh: list[Record] = []
        if cursor.feed.query is None:
            cursor, fresh = await self._changed(cursor)
        if cursor.query is not None:
            return Arrivals(cursor.as_text(), _found(fresh, zone, cursor), has_more=True)
        cursor, told, has_more = await self._of_events(cursor)
        names = dict.fromkeys([*(one.their_id for one in watched), *told])
        known = {str(one["id"]) for one in fresh}
        again = [
            one
            for name in names
            if name not in known
            for one in await self._again(name, zone, cursor)
        ]
        found = (*_found(fresh, zone, cursor), *again)
        return Arrivals(cursor.as_text(), found, has_more=has_more)

    async def _from_now_on(self) -> Cursor:
        """Where the latest payment and the latest events are now."""
        newest = await self._api.page(
            "/payments", {"sort": "updated_at desc", "per_page": str(PER_PAGE)}
        )
        top = max((_moved(one) for one in newest.records), default=0)
        seen = {str(one["id"]): _moved(one) for one in newest.records}
        last = max((int(one["id"]) for one in newest.records), default=0)
        feeds = {}
        for kind in filter(None, TURNS):
            known = {str(one["id"]): _when(one) for one in await self._newest(kind)}
            feeds[kind] = _Feed(max(known.values(), default=0), known)
        return Cursor(top, last, top, _recent(seen, top), feeds=feeds)

    async def _newest(self, kind: str) -> Sequence[Record]:
        try:
            page: Page = await self._api.page("/events", {"type": kind, "per_page": str(PER_PAGE)})
        except ApiRefusal:  # not every kind may be one that can be asked for
            return ()
        return page.records

    async def _changed(self, cursor: Cursor) -> tuple[Cursor, list[Record]]:
        """The payments of one page that are new or changed, and where to go on."""
        if cursor.query is not None:
            return await self._more(cursor, cursor.query)
        query = {"updated_after": str(cursor.after), "per_page": str(PER_PAGE), **_SHOWN}
        page = await self._api.page("/payments", {"sort": "updated_at desc", **query})
        top = max([cursor.top, *map(_moved, page.records)])
        has_moved = top > cursor.top
        calm = 0 if has_moved else min(cursor.calm + 1, CALM_POLLS)
        # More may happen in the latest second, so it is read once more when it is over.
        mark = "" if has_moved else _mark(page)
        reached = replace(cursor, top=top, calm=calm, mark=mark)
        if page.following is None:
            return _known(reached, page, is_over=not has_moved), _fresh(cursor, page)
        if mark and mark == cursor.mark:
            return reached, []
        return replace(reached, query={"sort": "id asc", **query}), []

    async def _more(self, cursor: Cursor, query: Mapping[str, str]) -> tuple[Cursor, list[Record]]:
        """A page in order of ids. Where Invoiced forgot the pages before it, all begin anew."""
        try:
            page = await self._api.page("/payments", query)
        except ApiRefusal:
            if "page" not in query:
                raise
            first = {name: value for name, value in query.items() if name != "page"}
            return replace(cursor, query=first), []
        known = _known(cursor, page, is_over=bool(cursor.mark))
        return replace(known, query=page.following), _fresh(cursor, page)

    async def _of_events(self, cursor: Cursor) -> tuple[Cursor, list[str], bool]:
        """The payments that events of one kind are about; whether there is more of that kind."""
        kind, feed = cursor.kind, cursor.feed
        later = replace(cursor, turn=(cursor.turn + 1) % len(TURNS))
        if not kind:
            return later, [], False
        first = {"type": kind, "start_date": str(feed.since), "per_page": str(PER_PAGE)}
        try:
            page = await self._api.page("/events", feed.query or first)
        except ApiRefusal:
            return later, [], False
        new = [one for one in page.records if str(one["id"]) not in feed.seen]
        ids = [name for one in new for name in await self._told_by(one)]
        reached = max([feed.at, feed.reached, *map(_when, new)])
        fresh = _recent({str(one["id"]): _when(one) for one in new}, reached)
        seen = {**feed.seen, **fresh}
        mark = _mark(page) if feed.query is None else feed.mark
        is_read = feed.query is None and mark != "" and mark == feed.mark
        if page.following is not None and not is_read:
            going = replace(feed, seen=seen, mark=mark, reached=reached, query=page.following)
            return replace(cursor, feeds={**cursor.feeds, kind: going}), ids, True
        calm = 0 if reached > feed.at else min(feed.calm + 1, CALM_POLLS)
        read = _Feed(reached, _recent(seen, reached), mark, calm)
        return replace(later, feeds={**cursor.feeds, kind: read}), ids, False

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
            charge = await self._looks.read(f"/charges/{about['charge']}")
        return await self._paid_by(charge) if charge else []

    async def _paid_by(self, charge: Record) -> list[str]:
        """The payments of a charge: by its reference, or else, since that can be edited, by its
        amount."""
        reference = charge.get("gateway_id")
        queries = [{"filter[reference]": str(reference)}] if reference else []
        for query in [*queries, {"filter[amount]": str(charge["amount"])}]:
            following: Mapping[str, str] | None = query
            while following is not None:
                page: Page = await self._api.page("/payments", following)
                found = [str(one["id"]) for one in page.records if _is_of(charge, one)]
                if found:
                    return found
                following = page.following
        return []

    async def _again(self, name: str, zone: str, cursor: Cursor) -> list[Arrival]:
        """What is asked for by its name: a payment, or an event that could not be read before."""
        try:
            if not name.startswith(_EVENT):
                return [await self._payment(name, zone, cursor)]
            event = await self._looks.read(f"/events/{name.removeprefix(_EVENT)}")
            ids = await self._payments_of(event) if event else []
            told = Arrival(name, None, passed_over=True)
            return [told, *[await self._payment(id_, zone, cursor) for id_ in ids]]
        except (ApiNotNow, ApiSilence):
            raise
        except ApiRefusal as why:
            return [Arrival(name, None, unread=f"Invoiced does not show it: {why.said}")]
        except Exception as why:
            return [Arrival(name, None, unread=unread_because(why))]

    async def _payment(self, their_id: str, zone: str, cursor: Cursor) -> Arrival:
        record = await self._looks.read(f"/payments/{their_id}", _SHOWN)
        return Arrival(their_id, None) if record is None else _arrival(record, zone, cursor)


def _moved(record: Record) -> int:
    return int(record["updated_at"])


def _when(event: Record) -> int:
    return int(event["timestamp"])


def _is_of(charge: Record, payment: Record) -> bool:
    return str((payment.get("charge") or {}).get("id")) == str(charge["id"])


def _fresh(cursor: Cursor, page: Page) -> list[Record]:
    """The payments of a page that are not as they were seen."""
    return [one for one in page.records if cursor.seen.get(str(one["id"])) != _moved(one)]


def _known(cursor: Cursor, page: Page, *, is_over: bool) -> Cursor:
    """The cursor with what a page brought; what was changed in the latest second is read again
    unless that is over."""
    until = cursor.top if is_over else cursor.top - 1
    read = {str(one["id"]): _moved(one) for one in page.records if _moved(one) <= until}
    return replace(cursor, seen=_recent({**cursor.seen, **read}, cursor.top))


def _mark(page: Page) -> str:
    """What is another one when a record is new or changed; empty where the number is not told."""
    if page.total is None:
        return ""
    shown = [page.total, *((one["id"], one.get("updated_at")) for one in page.records)]
    return sha256(json.dumps(shown).encode()).hexdigest()


def _recent(seen: Mapping[str, int], top: int) -> dict[str, int]:
    """The latest of them that the overlap may bring again."""
    kept = [(at, id_) for id_, at in seen.items() if at >= top - OVERLAP_SECONDS]
    return {id_: at for at, id_ in sorted(kept)[-MOST_SEEN:]}


def _arrival(record: Record, zone: str, cursor: Cursor) -> Arrival:
    made = (int(record.get("created_at") or 0), int(record["id"]))
    return arrival(record, zone, is_old=made <= (cursor.start, cursor.last))


def _found(records: Sequence[Record], zone: str, cursor: Cursor) -> tuple[Arrival, ...]:
    found = (_arrival(one, zone, cursor) for one in records)
    return tuple(one for one in found if not one.passed_over)
