"""README's commands for each vendor, asked of a `curl` that answers as the vendor does: what they land makes records."""

import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from caw.adapters.people import people_of
from caw.adapters.records import Expansion
from caw.adapters.registry import expander
from caw.feeds.declared import SEEDS_DIR
from generator.klaviyo_files import klaviyo_files
from generator.shopify_files import shopify_files
from tests.support.klaviyo_lines import lines_of
from tests.support.readme import README, blocks, program, section, shell

FEEDS_PAGE = README.parent / "docs" / "feeds.md"
ACCESS = dict.fromkeys(
    (
        *("KLAVIYO_KEY", "SHOP", "SHOPIFY_TOKEN", "INTERCOM_TOKEN"),
        *("ZENDESK", "ZENDESK_EMAIL", "ZENDESK_TOKEN", "GORGIAS", "GORGIAS_EMAIL", "GORGIAS_KEY"),
    ),
    "x",
)
LANDED = {  # by heading: what `people` is, and the canonical feeds that each landed feed makes records of
    "With Klaviyo": (
        "klaviyo",
        {
            "klaviyo_events": {"conversation_log", "orders", "order_adjustments", "message_sends", "consents"},
            "klaviyo_profiles": {"profiles", "consents", "suppressions"},
        },
    ),
    "With Shopify": (
        "shopify",
        {
            "shopify_orders": {"orders"},
            "shopify_customers": {"profiles", "consents"},
            "shopify_products": {"products"},
        },
    ),
    "With Intercom": (
        "intercom",
        {
            "intercom_conversations": {"conversation_log"},
            "intercom_contacts": {"profiles", "consents", "suppressions"},
        },
    ),
    "With Zendesk": ("zendesk", {"zendesk_tickets": {"conversation_log"}, "zendesk_users": {"profiles"}}),
    "With Gorgias": ("shopify", {"gorgias_tickets": {"conversation_log"}}),
    "With your own agent": (None, {"chat_transcripts": {"conversation_log"}}),
}
CURL = f"""exec "{sys.executable}" -S - "$@" <<'PY'
import json, os, sys
from pathlib import Path
url = next(word for word in sys.argv if word.startswith("https://"))
target = Path(sys.argv[sys.argv.index("-o") + 1])
answers = json.loads(Path(os.environ["ANSWERS"]).read_text())
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(next(answer for part, answer in answers.items() if part in url))
PY"""


@pytest.mark.parametrize("heading", LANDED)
def test_what_the_commands_land_makes_the_records_that_the_page_promises(heading: str, tmp_path: Path) -> None:
    """A folder of another name, an answer without its parts, people that nobody names: a first run without a shopper."""
    people, feeds = LANDED[heading]
    lie_in(tmp_path)
    shell(blocks(section(heading))[0], tmp_path, environment(tmp_path))
    assert (tmp_path / "called").read_text() == "run --landing landing --data-dir my-data\n"
    assert people_of(tmp_path / "seeds").get("my_shop") == people
    made = {path.name: expansions(path, tmp_path / "seeds") for path in (tmp_path / "landing").glob("*/*")}
    assert {feed: {record.feed for one in found for record in one.records} for feed, found in made.items()} == feeds


def test_the_ai_of_a_helpdesk_is_told_from_people_and_the_agent_s_own_tool_recommends(tmp_path: Path) -> None:
    """Words of the AI that count as a person's, and a recommendation that nobody hears of."""
    lie_in(tmp_path)
    for heading in ("With Zendesk", "With Gorgias", "With your own agent"):
        shell(blocks(section(heading))[0], tmp_path, environment(tmp_path))
    made = {path.name: expansions(path, tmp_path / "seeds") for path in (tmp_path / "landing").glob("*/*")}
    members = {feed: [record.fields for one in found for record in one.records] for feed, found in made.items()}
    for feed in ("zendesk_tickets", "gorgias_tickets"):
        actors = {fields.get("actor") for fields in members[feed]}
        assert "agent" in actors and "human" not in actors
    assert "products_recommended" in {fields["record_type"] for fields in members["chat_transcripts"]}


def lie_in(folder: Path) -> None:
    """A folder with the seeds of a checkout, and the programs that README calls."""
    shutil.copytree(SEEDS_DIR, folder / "seeds", ignore=shutil.ignore_patterns("sample"))
    program(folder / ".venv" / "bin" / "caw", 'echo "$@" > called')
    program(folder / "bin" / "curl", CURL)
    (folder / "answers.json").write_text(json.dumps(answers()))


def environment(folder: Path) -> Mapping[str, str]:
    """Access to every vendor, and where their answers are."""
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**ACCESS, "PATH": path, "ANSWERS": str(folder / "answers.json")}


def answers() -> Mapping[str, str]:
    """By a part of the address; where the sample has no such vendor, the examples of docs/feeds.md."""
    files = {path.split("/")[1]: content.decode() for path, content in {**klaviyo_files(), **shopify_files()}.items()
             if path.endswith("page-1.json")}  # fmt: skip
    ticket = example("zendesk_tickets")
    log = ticket.pop("conversation_log")
    gorgias = json.dumps(example("gorgias_tickets")).replace("AI Agent", "Our AI")
    return {
        "klaviyo.com/api/events?include=metric,profile": files["klaviyo_events"],
        "klaviyo.com/api/profiles?additional-fields[profile]=subscriptions": files["klaviyo_profiles"],
        "myshopify.com/admin/api/2026-04/orders.json": files["shopify_orders"],
        "myshopify.com/admin/api/2026-04/customers.json": files["shopify_customers"],
        "myshopify.com/admin/api/2026-04/products.json": files["shopify_products"],
        "intercom.io/conversations/": json.dumps(example("intercom_conversations")),
        "intercom.io/contacts": json.dumps({"type": "list", "data": [example("intercom_contacts")]}),
        "zendesk.com/api/v2/tickets/35.json": json.dumps({"ticket": without(ticket, "audits", "requester")}),
        "zendesk.com/api/v2/tickets/35/conversation_log.json": json.dumps({"events": log, "meta": {}}),
        "zendesk.com/api/v2/users.json": json.dumps({"users": [example("zendesk_users")]}),
        "gorgias.com/api/tickets/": gorgias,
    }


def example(feed: str) -> dict[str, Any]:
    """The first example of a vendor's feed in docs/feeds.md."""
    found = re.search(rf"^### {feed}\n.*?^```json\n(.*?)\n", FEEDS_PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert found is not None, feed
    made: dict[str, Any] = json.loads(found[1])
    return made


def without(document: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """A document without these members, which the call of README does not ask for."""
    return {name: value for name, value in document.items() if name not in names}


def expansions(folder: Path, seeds: Path) -> list[Expansion]:
    """What each line of the files of a feed's folder makes."""
    expand = expander(seeds)
    return [expand(folder.name, line) for path in folder.iterdir() for line in lines_of(path, folder.name)]
