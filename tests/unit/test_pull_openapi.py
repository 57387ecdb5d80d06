"""Every request and answer of a pull, held to the OpenAPI files that Klaviyo publishes, with closed schemas.

The fake vendor is so held to the real one: a request that the API would refuse, or an answer that it would never give,
fails here. The category files are not in the repository; without them this is skipped.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from caw.host import clock
from caw.pull.klaviyo import ASKED_FEEDS
from tests.support.fake_klaviyo import ITEMS, KEY, VARIANTS, Exchange, FakeKlaviyo
from tests.support.klaviyo_resources import conversation, every, item, message, profile, variant
from tests.support.pull_site import CATALOG, CONVERSATIONS, EVENTS, NOW, PROFILES, SINCE, Clock, PullSite

pytest.importorskip("openapi_core")

LISTED, MESSAGES = "/api/customer-agent-conversations", "/api/customer-agent-conversations/{id}/customer-agent-messages"
CATEGORIES = {  # below the folder of shared data
    "/api/events": "klaviyo/events.json",
    "/api/profiles": "klaviyo/profiles.json",
    "/api/metrics": "klaviyo/metrics.json",
    ITEMS: "vendors/klaviyo/openapi_stable_catalogs.json",
    VARIANTS: "vendors/klaviyo/openapi_stable_catalogs.json",
    LISTED: "klaviyo/customer_agent_beta.json",
    MESSAGES: "klaviyo/customer_agent_beta.json",
}
REVISIONS = {path: "2026-07-15.pre" if path in (LISTED, MESSAGES) else "2026-07-15" for path in CATEGORIES}


@pytest.fixture(scope="module")
def published() -> Path:
    shared_data = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("CAW_SHARED_DATA", shared_data))
    if not (folder / "klaviyo").is_dir():
        pytest.skip("Klaviyo's OpenAPI files are not here")
    return folder


def closed(schema: Any, document: Mapping[str, Any]) -> Any:
    """A schema whose objects take only what they list: the branches of an `allOf` are merged first, then closed."""
    if isinstance(schema, list):
        return [closed(one, document) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "allOf" in schema:
        schema = merged([resolved(one, document) for one in schema["allOf"]], document)
    inner = {name: closed(value, document) for name, value in schema.items() if name != "properties"}
    if "properties" in schema:  # by name, one of which may be `properties`
        inner["properties"] = {name: closed(value, document) for name, value in schema["properties"].items()}
        inner.setdefault("additionalProperties", False)
    return inner


def merged(branches: list[Mapping[str, Any]], document: Mapping[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for branch in branches:
        for name, value in branch.items():
            both = isinstance(value, dict) and isinstance(whole.get(name), dict)
            if name == "properties" and both:
                ours, theirs = whole[name], value
                whole[name] = {
                    key: merged([resolved(one[key], document) for one in (ours, theirs) if key in one], document)
                    if key in ours and key in theirs
                    else {**ours, **theirs}[key]
                    for key in {**ours, **theirs}
                }
            elif name == "required":
                whole[name] = sorted({*whole.get(name, []), *value})
            else:
                whole[name] = value
    return whole


def resolved(schema: Mapping[str, Any], document: Any) -> Mapping[str, Any]:
    while "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def only(document: dict[str, Any], path: str) -> dict[str, Any]:
    """The document with the GET of one path alone, and the schemas that it needs, closed."""
    operation = document["paths"][path]["get"]
    schemas = document["components"]["schemas"]
    needed, found = set[str](), names_in(operation)
    while found:
        needed |= found
        found = set().union(*(names_in(schemas[name]) for name in found)) - needed
    components = {**document["components"], "schemas": {name: closed(schemas[name], document) for name in needed}}
    return {**document, "paths": {path: {"get": operation}}, "components": components}


def names_in(part: Any) -> set[str]:
    """The schemas that a part of the document refers to."""
    return set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(part)))


def held(api: Any, exchange: Exchange) -> None:
    """Raise unless the API takes this request and may give this answer."""
    from openapi_core.testing import MockRequest, MockResponse
    from werkzeug.datastructures import ImmutableMultiDict

    pairs = ImmutableMultiDict([(name, value) for name, values in exchange.query.items() for value in values])
    request = MockRequest("https://a.klaviyo.com", "get", exchange.path, args=pairs, headers=dict(exchange.headers))
    api.validate_request(request)
    response = MockResponse(exchange.body, status_code=exchange.status, content_type="application/vnd.api+json")
    api.validate_response(request, response)


@pytest.fixture(scope="module")
def apis(published: Path) -> dict[str, Any]:
    from openapi_core import OpenAPI

    documents = {path: json.loads((published / name).read_bytes()) for path, name in CATEGORIES.items()}
    for path in (LISTED, MESSAGES):
        as_lists(documents[path]["components"]["schemas"])
    return {path: OpenAPI.from_dict(only(document, path)) for path, document in documents.items()}


def as_lists(schemas: dict[str, Any]) -> None:
    """Mend the beta file: it gives what it calls a list, with a cursor, the schema of a single resource."""
    link = {"type": "string", "format": "uri"}
    for name in ("ConversationResponseDataWrapper", "MessageResponseDataWrapper"):
        properties = schemas[name]["properties"]
        properties["data"] = {"type": "array", "items": properties["data"]}
        properties["links"] = {"type": "object", "properties": {"self": link, "next": link}, "required": ["self"]}


@pytest.fixture(scope="module")
def exchanges(tmp_path_factory: pytest.TempPathFactory) -> list[Exchange]:
    """What a first pull and a quiet one of a row of each kind ask and are answered."""
    root = tmp_path_factory.mktemp("site")
    (root / "seeds").mkdir()
    rows = "metric,integration,means\nPlaced Order,,order_placed\nOpened Email,,message_received:email\n"
    (root / "seeds" / "klaviyo_metrics.csv").write_text(rows, encoding="utf-8")
    with pytest.MonkeyPatch.context() as monkeypatch, FakeKlaviyo() as fake:
        time = Clock()
        monkeypatch.setattr("caw.pull.client.time", time)
        fake.events = every(60, 5, SINCE, Channel="email", value=12.5)
        fake.profiles = [profile(f"p{number}", SINCE) for number in range(4)]
        fake.items = [item(f"i{number}", SINCE) for number in range(4)]
        fake.variants = [variant(f"v{number}", SINCE) for number in range(4)]
        fake.conversations = [conversation(f"c{number}", SINCE, "open") for number in range(4)]
        fake.messages = {f"c{number}": [message(str(part), SINCE) for part in range(4)] for number in range(4)}
        site = PullSite(root, fake, time)
        for later in (timedelta(0), timedelta(hours=1)):
            monkeypatch.setattr(clock, "now", lambda later=later: NOW + later)
            for row in (EVENTS, PROFILES, CATALOG, CONVERSATIONS, replace(EVENTS, source="other", mapped_only=True)):
                site.pull(row)
        return fake.exchanges


@pytest.mark.parametrize("path", CATEGORIES)
def test_the_api_takes_every_request_and_gives_every_answer(
    path: str, apis: Mapping[str, Any], exchanges: list[Exchange]
) -> None:
    ours = [one for one in exchanges if re.fullmatch(path.replace("{id}", "[^/]+"), one.path)]
    assert len(ours) >= 2
    for exchange in ours:
        held(apis[path], exchange)
        assert exchange.headers["revision"] == REVISIONS[path]  # a missing one passes: it has a default
        assert exchange.headers["Authorization"] == f"Klaviyo-API-Key {KEY}"


def test_the_pinned_revisions_are_the_published_ones(published: Path) -> None:
    """The category files are the test of a bump."""
    for path, name in CATEGORIES.items():
        assert json.loads((published / name).read_bytes())["info"]["version"] == REVISIONS[path]
    assert {feed.revision for feed in ASKED_FEEDS.values()} == set(REVISIONS.values())


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/api/events", {"query": {"sort": ["arrival"]}}),
        ("/api/events", {"query": {"page[size]": ["5000"]}}),
        ("/api/events", {"query": {"include": ["metric,person"]}}),
        ("/api/events", {"headers": {"revision": "2026-07-15"}}),  # without a key
        ("/api/profiles", {"query": {"additional-fields[profile]": ["everything"]}}),
        ("/api/events", {"body": b'{"data": [], "links": {}}'}),
        (ITEMS, {"query": {"sort": ["updated"]}}),
        (ITEMS, {"query": {"page[size]": ["200"]}}),
        (ITEMS, {"query": {"fields[catalog-item]": ["sku"]}}),
        (VARIANTS, {"query": {"fields[catalog-variant]": ["stock"]}}),
        (
            VARIANTS,
            {
                "body": b'{"data": [{"type": "catalog-variant", "id": "a", "attributes": {"stock": 1}, "links": {"self": "https://a"}}]}'
            },
        ),
        (
            "/api/metrics",
            {
                "body": b'{"data": [{"type": "metric", "id": "a", "attributes": {"nom": "x"}, "links": {"self": "https://a"}}]}'
            },
        ),
        (
            "/api/profiles",
            {
                "body": b'{"data": [{"type": "profile", "id": "a", "attributes": {"mail": "x"}, "links": {"self": "https://a"}}], "links": {"self": "https://a"}}'
            },
        ),
    ],
)
def test_what_the_api_would_refuse_or_never_give_is_found(
    path: str, change: dict[str, Any], apis: Mapping[str, Any], exchanges: list[Exchange]
) -> None:
    """Or the test above could not fail."""
    from openapi_core.exceptions import OpenAPIError

    good = next(one for one in exchanges if one.path == path)
    with pytest.raises(OpenAPIError):
        held(apis[path], replace(good, **change))
