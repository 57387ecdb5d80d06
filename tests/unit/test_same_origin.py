"""Which requests reach Dagster's web server: those of its own pages, and of programs that are no browser."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from caw_dagster.web.same_origin import SameOriginOnly

OWN = "http://127.0.0.1:3000"
JSON = "application/json"
REACHED, FORBIDDEN, POLICY_VIOLATION = 200, 403, 1008


async def server(scope: Any, receive: Any, send: Any) -> None:
    """Stands for Dagster's: says that it was reached."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": REACHED, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def sent(scope: dict[str, Any], headers: Mapping[str, str], hosts: tuple[str, ...]) -> dict[str, Any]:
    """The first message of the answer; a header that is None is left out."""
    given = {"host": "127.0.0.1:3000", **headers}
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    answers: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    asyncio.run(SameOriginOnly(server, hosts)({**scope, "headers": raw}, receive, send))
    return answers[0]


def status(method: str, address: str, headers: Mapping[str, str], hosts: tuple[str, ...] = ()) -> int:
    path, _, query = address.partition("?")
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "scheme": "http"}
    return int(sent(scope, headers, hosts)["status"])


def posted(path: str, headers: Mapping[str, str], hosts: tuple[str, ...] = ()) -> int:
    return status("POST", path, {"content-type": JSON, **headers}, hosts)


def socket(headers: Mapping[str, str]) -> dict[str, Any]:
    return sent({"type": "websocket", "path": "/graphql", "query_string": b"", "scheme": "ws"}, headers, ())


@pytest.mark.parametrize(
    "headers",
    [
        {},  # a program
        {"origin": OWN, "sec-fetch-site": "same-origin"},  # the UI
        {"host": "localhost:3000", "origin": "http://localhost:3000"},
        {"host": "[::1]:3000", "origin": "http://[::1]:3000"},
        {"host": "LOCALHOST:3000"},
    ],
)
def test_the_ui_and_programs_reach_it(headers: Mapping[str, str]) -> None:
    assert posted("/graphql", headers) == REACHED
    assert status("GET", "/runs", headers) == REACHED
    assert socket(headers)["type"] == "websocket.accept"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://127.0.0.1:8000"},  # another program's page on this machine
        {"origin": "http://localhost:3000"},  # the UI under another name than was asked for
        {"origin": "http://127.0.0.1:3000@evil.example"},
        {"origin": "http://127.0.0.1:bad"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"host": "evil.example"},  # a name that somebody pointed here
        {"host": "127.0.0.1.evil.example:3000"},
        {"host": "evil.example:3000", "origin": "http://evil.example:3000"},
        {"host": ""},
    ],
)
def test_other_pages_do_not(headers: Mapping[str, str]) -> None:
    assert posted("/graphql", headers) == FORBIDDEN
    assert status("GET", "/server_info", headers) == FORBIDDEN
    closed = socket(headers)
    assert (closed["type"], closed["code"]) == ("websocket.close", POLICY_VIOLATION)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
@pytest.mark.parametrize("path", ["/graphql", "/report_asset_materialization/x"])
def test_what_a_form_can_send_changes_nothing(kind: str, path: str) -> None:
    assert status("POST", path, {"content-type": kind} if kind else {}) == FORBIDDEN


def test_json_of_any_charset_is_json() -> None:
    assert posted("/graphql", {"content-type": "Application/JSON; charset=utf-8"}) == REACHED


@pytest.mark.parametrize(
    "address", ["/graphql?query=mutation{x}", "/graphql/?x=1&query=", "/graphql?%71uery=mutation{x}"]
)
def test_no_query_is_run_by_an_address(address: str) -> None:
    assert status("GET", address, {}) == FORBIDDEN


def test_the_query_editor_opens() -> None:
    assert status("GET", "/graphql", {}) == REACHED


def test_a_link_from_elsewhere_opens_a_page_and_runs_nothing() -> None:
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert status("GET", "/runs/1", followed) == REACHED
    assert status("GET", "/graphql?query=mutation{x}", followed) == FORBIDDEN
    assert posted("/graphql", followed) == FORBIDDEN
    assert status("GET", "/runs/1", {**followed, "sec-fetch-dest": "iframe"}) == FORBIDDEN


def test_a_proxy_serves_it_under_a_name_that_was_allowed() -> None:
    behind = {"host": "caw.example", "origin": "https://caw.example"}  # the proxy ended the TLS
    assert posted("/graphql", behind, ("caw.example",)) == REACHED
    assert posted("/graphql", behind) == FORBIDDEN
