"""Cases: where an erasure must find the person, and where somebody else only stands near (spec §6.1, §6.4 to §6.6).

Each shop is landed in three orders of delivery: the request a run after its files (`_late`), a run before them (`_first`),
or between the first and the second delivery of them (`_between`). Words that begin with `qx` are the person's, those with
`qy` somebody else's.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence

import pytest

from tests.support.case_runs import AT, JANUARY, Files, ThreeRuns, by, message, of
from tests.support.forgetting import found_in, lines

ORDERS_OF_DELIVERY = ("late", "first", "between")
WORD = re.compile("q[xy][a-z]+")


class Person:
    """Somebody whose identifiers are found nowhere else."""

    def __init__(self, source: str) -> None:
        tag = source.replace("_", "")
        number = int.from_bytes(tag.encode(), "big") % 10**8
        self.profile_id, self.email, self.phone = f"mia-{tag}", f"mia.{tag}@mail.example", f"4915{number:08d}"
        self.profile = {"profile_id": self.profile_id, "updated_at": JANUARY, "email": self.email}
        self.profile |= {"phone_number": f"+{self.phone}", "external_id": f"ext-{tag}"}

    @property
    def traces(self) -> tuple[str, ...]:
        """What must be found nowhere."""
        return self.profile_id, self.email, self.phone, self.email.replace("@", "%40")


def broken(mia: Person) -> Sequence[Files]:
    """Lines that are no JSON: one names a conversation of hers, one several, some only her."""
    whole = json.dumps({"profile_id": mia.profile_id, "method": "qxwhole"})
    several = [
        message("c2", "2", profile={"email": mia.email}, text="qxfirst"),
        message("c3", "2", profile={"email": "bob@mail.example"}, text="qxsecond"),
    ]
    return (
        {"conversation_log/a.jsonl": lines(message("c1", text="qxsibling"), message("c3", text="qybob"))},
        {
            "profiles/p.jsonl": lines(mia.profile),
            "conversation_log/b.jsonl": lines(
                f'{{"record_id": "2", "conversation_id": "c1", "profile": {{"email": "{mia.email}"}}, "text": "qxbroken',
                "".join(map(json.dumps, several)),
            ),
            "consents/c.jsonl": lines(
                str({"profile_id": mia.profile_id, "method": "qxpython"}), json.dumps(whole), f"[{whole}]"
            ),
            "consents/d.jsonl": (whole.replace("qxwhole", "qxwide") + "\n").encode("utf-16"),
        },
    )


def misplaced(mia: Person) -> Sequence[Files]:
    """Lists and objects where an identifier, a text or the profile object is due."""
    return (
        {
            "profiles/p.jsonl": lines(
                mia.profile,
                {"profile_id": "p9", "updated_at": JANUARY, "email": [mia.email], "note": "qxlist"},
                {"profile_id": "p8", "updated_at": JANUARY, "email": {"value": mia.email}, "note": "qxobject"},
                {"profile_id": "p7", "updated_at": JANUARY, "email": ["bob@mail.example"], "note": "qyother"},
            ),
            "consents/c.jsonl": lines(
                {"profile_id": [mia.profile_id], "channel": "email", "occurred_at": AT, "method": "qxid"}
            ),
        },
        {
            "conversation_log/l.jsonl": lines(
                message("c1", profile=[{"email": mia.email}], text="qxholder"),
                message("c1", "2", text="qxafter"),
                message("c2", profile=json.dumps({"profile_id": mia.profile_id}), text="qxtext"),
                message("c3", text=["qyquoted", f"is it {mia.email}?"]),
                message("c4", profile={"email": [mia.email], "anonymous_id": "a4"}, text="qxbeside"),
                message("c4", "2", text="qxalone"),
            ),
            "orders/o.jsonl": lines({"order_id": "o1", "placed_at": AT, "email": [mia.email], "note": "qxorder"}),
        },
    )


def numbers(mia: Person) -> Sequence[Files]:
    """Her number in ids and paths next to any sign, and as a number in somebody else's reason."""
    call = {"name": "transfer_to_human_agents", "arguments": {"summary": {"note": "qyreason", "ring": int(mia.phone)}}}
    return (
        {
            "profiles/p.jsonl": lines(mia.profile),
            "conversation_log/l.jsonl": lines(
                message(f"{mia.phone}-1456789012@g.us", text="qxgroup", profile={"phone_number": f"+{mia.phone}"})
            ),
        },
        {
            f"conversation_log/2026/06/30/{mia.phone}.jsonl": lines(
                message(f"20260630-{mia.phone}", f"r/{mia.phone}/2", text="qybob", profile={"profile_id": "bob"})
            ),
            f"orders/email={mia.email.replace('@', '%40')}/o.csv": f"order_id,placed_at,note\no1,{AT},qxfolder\n".encode(),
            "chat_transcripts/t.jsonl": lines(
                {"id": "t1", "start_time": AT, "messages": [{"role": "assistant", "tool_calls": [call]}]}
            ),
        },
    )


def shared(mia: Person) -> Sequence[Files]:
    """Profiles that have her external_id, a word or not, and nothing else of hers."""
    external_id = mia.profile["external_id"]
    return (
        {
            "profiles/p.jsonl": lines(mia.profile),
            "conversation_log/l.jsonl": lines(message("c1", profile={"profile_id": mia.profile_id}, text="qxhers")),
        },
        {
            "profiles/q.jsonl": lines({"profile_id": "bob", "updated_at": JANUARY, "external_id": external_id}),
            "conversation_log/m.jsonl": lines(
                message("c2", profile={"profile_id": "bob"}, text="qybob"),
                message("c3", profile={"external_id": external_id, "profile_id": "bob"}, text="qyboth"),
            ),
        },
    )


SHOPS: dict[str, Callable[[Person], Sequence[Files]]] = {
    "traces_broken": broken, "traces_misplaced": misplaced, "traces_numbers": numbers, "traces_shared": shared,
}  # fmt: skip


def worded(files: Files, source: str) -> Files:
    """Files whose words are this source's alone."""
    tag = source.replace("_", "").encode()

    def marked(content: bytes) -> bytes:
        wide = content.startswith(b"\xff\xfe")
        text = content.decode("utf-16").encode() if wide else content
        found = re.sub(rb"q[xy][a-z]+", lambda one: one[0] + tag, text)
        return found.decode().encode("utf-16") if wide else found

    return {path: marked(content) for path, content in files.items()}


def deliveries() -> Sequence[Files]:
    """All shops, in every order."""
    runs: tuple[dict[str, bytes], ...] = ({}, {}, {})
    for name, made in SHOPS.items():
        for order in ORDERS_OF_DELIVERY:
            source = f"{name}_{order}"
            mia = Person(source)
            first, second = (worded(files, source) for files in made(mia))
            request = {
                "erasures/e.jsonl": lines(
                    {"request_id": "r", "requested_at": "2026-06-30T11:00:00Z", "email": mia.email}
                )
            }
            parts = {
                "late": ({**first, **second}, request, {}),
                "first": (request, {**first, **second}, {}),
                "between": (first, request, second),
            }[order]
            for run, files in zip(runs, parts, strict=True):
                run |= of(source, files)
    return runs


def words_of(name: str, order: str) -> set[str]:
    """The words of a shop in this order of delivery, which no other has."""
    source = f"{name}_{order}"
    files = [content for files in SHOPS[name](Person(source)) for content in files.values()]
    return {word + source.replace("_", "") for content in files for word in _words(content)}


@pytest.fixture(scope="module")
def all_found(three_runs: ThreeRuns) -> Mapping[str, set[str]]:
    """Everybody's words and traces that are anywhere, with where: one search for all."""
    each = [(name, order) for name in SHOPS for order in ORDERS_OF_DELIVERY]
    words = [word for name, order in each for word in (*words_of(name, order), *Person(f"{name}_{order}").traces)]
    return found_in(three_runs.pipeline.data_dir, words)


@pytest.mark.parametrize("name", SHOPS)
@pytest.mark.parametrize("order", ORDERS_OF_DELIVERY)
def test_she_is_found_wherever_she_stands_and_nobody_else_is(
    all_found: Mapping[str, set[str]], name: str, order: str
) -> None:
    """She stays in a reject, an id or a path; or somebody who stands near goes with her."""
    words = words_of(name, order)
    hers = {word for word in words if word.startswith("qx")}
    wanted = {*words, *Person(f"{name}_{order}").traces}
    found = {word: places for word, places in all_found.items() if word in wanted}
    assert hers and {word: places for word, places in found.items() if word not in words - hers} == {}
    assert set(found) == words - hers


@pytest.mark.parametrize("order", ORDERS_OF_DELIVERY)
def test_whoever_shares_an_id_keeps_their_conversations(three_runs: ThreeRuns, order: str) -> None:
    """Bob is forgotten, as his id was another one's."""
    talks = by(
        three_runs.pipeline, f"traces_shared_{order}", "performance.conversations", "conversation_id", "profile_id"
    )
    assert talks == {"c1": None, "c2": "bob", "c3": "bob"}


def _words(content: bytes) -> set[str]:
    text = content.decode("utf-16" if content.startswith(b"\xff\xfe") else "utf-8")
    return set(WORD.findall(text))
