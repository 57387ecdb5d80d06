"""A server on this machine that answers as Klaviyo's API does: pages, cursors, filters, refusals, and trouble on call.

Its answers are held to the vendor's own schema by tests/unit/test_pull_openapi.py. What it has is in `events`, `profiles`,
`metrics` and the like, which a test may change between requests.
"""

import base64
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.klaviyo_resources import Object, metric, self_link

KEY = "pk_0123456789abcdef_test"
REVISION = "2026-07-15"
CONDITION = re.compile(r"(equals|greater-or-equal|greater-than|less-than)\((\w+),\"?([^\")]*)\"?\)")
CONVERSATIONS = "/api/customer-agent-conversations"
ITEMS, VARIANTS = "/api/catalog-items", "/api/catalog-variants"
SORTED_BY = {
    "/api/events": "datetime",
    "/api/profiles": "updated",
    ITEMS: "created",
    VARIANTS: "created",
    CONVERSATIONS: "created_at",
}
MESSAGES = re.compile(f"{CONVERSATIONS}/([^/]+)/customer-agent-messages")


@dataclass(frozen=True)
class Trouble:
    """What one request gets in place of its answer: a status with headers and body, or `cut`: half an answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: bool = False


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    status: int
    body: bytes


class FakeKlaviyo:
    """The server; a context manager that ends it.

    Attributes:
        events: what it has; likewise `profiles`, `metrics`, `items`, `variants`, `conversations`, and `messages` by
            conversation.
        troubles: what the next requests get, by their number from 0.
        exchanges: all that was asked and answered.
        key: the key that it takes.
        before: called before each request with its number.
        page_size: objects of a page, at most as many as were asked for.
    """

    def __init__(self, page_size: int = 3) -> None:
        self.events: list[Object] = []
        self.profiles: list[Object] = []
        self.metrics = [metric("Mplaced", "Placed Order", "Shopify"), metric("Mopened", "Opened Email", "Klaviyo")]
        self.items: list[Object] = []
        self.variants: list[Object] = []
        self.conversations: list[Object] = []
        self.messages: dict[str, list[Object]] = {}
        self.troubles: dict[int, Trouble] = {}
        self.exchanges: list[Exchange] = []
        self.key = KEY
        self.before: Callable[[int], None] = lambda _: None
        self.page_size = page_size
        self.asked = 0
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer in one piece: two small ones wait for each other

            def do_GET(self) -> None:
                fake.serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def queries(self, path: str) -> list[Mapping[str, Sequence[str]]]:
        """The parameters of the requests for a path."""
        return [one.query for one in self.exchanges if one.path == path]

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        number, self.asked = self.asked, self.asked + 1
        self.before(number)
        url = urlsplit(handler.path)
        query = parse_qs(url.query)
        trouble = self.troubles.get(number, Trouble())
        status, body = trouble.status, trouble.body
        if status == 200 and body is None:
            status, body = self.answer(url.path, query, dict(handler.headers))
        body = body or b""
        self.exchanges.append(Exchange(url.path, query, dict(handler.headers), status, body))
        handler.send_response(status)
        for name, value in {"Content-Type": "application/vnd.api+json", **trouble.headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2] if trouble.cut else body)
        handler.close_connection = trouble.cut

    def answer(self, path: str, query: Mapping[str, Sequence[str]], headers: Mapping[str, str]) -> tuple[int, bytes]:
        """The status and body that the API gives."""
        if headers.get("Authorization") != f"Klaviyo-API-Key {self.key}":
            return _refusal(401, "not_authenticated")
        if headers.get("revision") != (f"{REVISION}.pre" if path.startswith(CONVERSATIONS) else REVISION):
            return _refusal(400, "invalid_revision")
        kept = self.kept(path)
        if kept is None:
            return _refusal(404, "not_found")
        by = SORTED_BY.get(path)
        found = [one for one in kept if _passes(one, query.get("filter", [""])[0])]
        if by:
            found.sort(key=lambda one: (_instant(one["attributes"][by]), one["id"]), reverse=path == CONVERSATIONS)
        after = base64.b64decode(query["page[cursor]"][0]).decode() if "page[cursor]" in query else None
        start = next((at + 1 for at, one in enumerate(found) if one["id"] == after), 0)
        size = min(self.page_size, int(query.get("page[size]", ["200"])[0]))
        page, rest = found[start : start + size], found[start + size :]
        links = {"self": f"{self.url}{path}"}
        if rest:
            last = base64.b64encode(page[-1]["id"].encode()).decode()
            following = {**{name: values[0] for name, values in query.items()}, "page[cursor]": last}
            links["next"] = f"{self.url}{path}?{urlencode(following)}"
        included = self.included(page) if path == "/api/events" else None
        whole = {
            "data": [_sparse(one, query) for one in page],
            "links": links,
            **({"included": included} if included else {}),
        }
        return 200, json.dumps(whole).encode()

    def kept(self, path: str) -> list[Object] | None:
        """The objects that a path lists; None where there is none."""
        whole = {
            "/api/events": self.events,
            "/api/profiles": self.profiles,
            "/api/metrics": self.metrics,
            ITEMS: self.items,
            VARIANTS: self.variants,
            CONVERSATIONS: self.conversations,
        }
        messages = MESSAGES.fullmatch(path)
        return self.messages.get(messages[1]) if messages else whole.get(path)

    def included(self, page: Sequence[Object]) -> list[Object]:
        """The metrics and profiles that events name."""
        metrics = {one["relationships"]["metric"]["data"]["id"] for one in page}
        people = sorted({one["relationships"]["profile"]["data"]["id"] for one in page})
        shoppers = [
            {"type": "profile", "id": one, "attributes": {"email": f"{one}@example.com"}, "links": self_link(one)}
            for one in people
        ]
        return [*(one for one in self.metrics if one["id"] in metrics), *shoppers]


def _sparse(one: Object, query: Mapping[str, Sequence[str]]) -> Object:
    """An object with those attributes alone that the query names for its type; with all where it names none."""
    if f"fields[{one['type']}]" not in query:
        return one
    names = query[f"fields[{one['type']}]"][0].split(",")
    return {**one, "attributes": {name: value for name, value in one["attributes"].items() if name in names}}


def _passes(one: Object, conditions: str) -> bool:
    if conditions.startswith("any(status,"):
        return f'"{one["attributes"]["status"]}"' in conditions
    return all(_holds(one, *condition) for condition in CONDITION.findall(conditions))


def _holds(one: Object, operator: str, name: str, value: str) -> bool:
    if name == "metric_id":
        return bool(one["relationships"]["metric"]["data"]["id"] == value)
    given, bound = _instant(one["attributes"][name]), _instant(value)
    if operator == "greater-or-equal":
        return given >= bound
    return given > bound if operator == "greater-than" else given < bound


def _instant(text: Any) -> datetime:
    return datetime.fromisoformat(text)


def _refusal(status: int, code: str) -> tuple[int, bytes]:
    error = {"id": "e1", "code": code, "title": "Refused.", "detail": f"The key {KEY} of 01PERSON."}
    return status, json.dumps({"errors": [error]}).encode()
