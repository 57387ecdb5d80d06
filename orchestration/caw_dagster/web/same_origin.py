"""An ASGI layer that keeps other web pages out: other pages in the same browser must not control the UI.

Dagster's `/graphql` runs mutations for anybody who reaches it, and a browser reaches loopback for every page. So the
name that a request asks for is one of a list (else a page could point its own name here), its origin is the UI itself,
and a query comes as a JSON POST, which no page may send elsewhere unasked. What does not belong here: who may use the
UI at all; it asks nobody for a password.
"""

from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
READING = ("GET", "HEAD", "OPTIONS")
JSON = "application/json"
GRAPHQL = "/graphql"
FORBIDDEN = 403
POLICY_VIOLATION = 1008  # a WebSocket's word for it
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class SameOriginOnly:
    """Passes on what the UI's own pages, and programs that are no browser, may ask; answers 403 to the rest."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        """`hosts`: names, besides the loopback ones, under which the UI is reached, without a port."""
        self.app = app
        self.hosts = frozenset(name.lower().strip("[]") for name in (*LOOPBACK_NAMES, *hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one WebSocket."""
        reason = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if reason is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(POLICY_VIOLATION, reason)(scope, receive, send)
        else:
            await PlainTextResponse(f"caw: {reason}\n", FORBIDDEN)(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        """The reason why a request is refused, as a sentence; None for one that is not."""
        headers = Headers(scope=scope)
        scheme = "https" if scope.get("scheme") in ("https", "wss") else "http"
        host = _place(f"{scheme}://{headers.get('host', '')}")
        if host is None or host[0] not in self.hosts:
            return "this name is not one of the UI's; start caw ui with --allow-host NAME to serve it"
        origin = headers.get("origin")
        if origin is not None and not self._is_own(origin, headers.get("host", "")):
            return "the request comes from another web page"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and not _is_followed_link(
            scope, headers
        ):
            return "the request comes from another web page"
        if scope["type"] == "http":
            return _wrong_form(scope, headers)
        return None

    def _is_own(self, origin: str, host: str) -> bool:
        """Whether an origin is the UI under the name that was asked for; a proxy may have ended its TLS."""
        scheme = urlsplit(origin).scheme
        place = _place(origin)
        return place is not None and place[0] in self.hosts and place == _place(f"{scheme}://{host}")


def _place(address: str) -> tuple[str, int] | None:
    """(name, port) of an address, lower case; None where it has none."""
    try:
        parts = urlsplit(address)
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not name or parts.scheme not in DEFAULT_PORTS or "@" in parts.netloc:
        return None
    return name, port or DEFAULT_PORTS[parts.scheme]


def _is_followed_link(scope: Scope, headers: Headers) -> bool:
    """Whether somebody followed a link to a page of the UI, which shows it and changes nothing."""
    return (
        scope["type"] == "http"
        and scope["method"] in ("GET", "HEAD")
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def _wrong_form(scope: Scope, headers: Headers) -> str | None:
    if scope["method"] in READING:
        asks = "query" in parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        is_graphql = scope["path"].rstrip("/").endswith(GRAPHQL)
        return "a query is sent as a POST of application/json" if asks and is_graphql else None
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return None if kind == JSON else "what changes something is sent as application/json"
