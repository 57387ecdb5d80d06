"""A crowd to forget half of: profiles, a conversation log and requests of any size, the same lines for the same size.

Lines are by people who are forgotten and by people who stay, in turn. Texts name others by e-mail and phone, now and
then a line is cut off in the middle, and file names name a person in one of ten files: all that an erasure looks into.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = "crowd"
LINES_A_CONVERSATION = 8
LINES_A_FILE = 2_000
CUT_OFF_EVERY = 100  # lines; what is left is no JSON, and is refused
NAMED_EVERY = 10  # files
STRIDE = 7_919  # a prime: neighbouring conversations are of people far apart
MISSES = 4_001  # another, of the person that a text names
FIRST_PHONE = 15_550_000_000


@dataclass(frozen=True)
class Crowd:
    """So many people who are forgotten, as many who are not, and a log of so many lines a delivery."""

    people: int
    lines: int

    @property
    def files(self) -> int:
        """Files of a delivery."""
        return -(-self.lines // LINES_A_FILE)

    def is_forgotten(self, person: int) -> bool:
        """Whether a person is one of those who ask to be forgotten."""
        return person < self.people

    def author(self, line: int) -> int:
        """The person that a line's conversation is with."""
        return (line // LINES_A_CONVERSATION * STRIDE) % (2 * self.people)

    def own_lines(self) -> int:
        """The number of a delivery's lines that are of people who are forgotten."""
        return sum(self.is_forgotten(self.author(line)) for line in range(self.lines))


def land_profiles(landing: Path, crowd: Crowd) -> None:
    """Land a profile for everybody."""
    _land(landing, "profiles/all.jsonl", (_profile(person) for person in range(2 * crowd.people)))


def land_requests(landing: Path, crowd: Crowd) -> None:
    """Land a request for everybody who is to be forgotten, by one identifier each."""
    _land(landing, "erasures/all.jsonl", (_request(person) for person in range(crowd.people)))


def land_delivery(landing: Path, crowd: Crowd, number: int) -> None:
    """Land a delivery of the log; each number has conversations of its own."""
    for file in range(crowd.files):
        lines = range(file * LINES_A_FILE, min((file + 1) * LINES_A_FILE, crowd.lines))
        person = file % (2 * crowd.people)
        name = email(person) if not file % NAMED_EVERY else "all shops"
        path = f"conversation_log/delivery-{number}/part-{file:05d} {name}.jsonl"
        _land(landing, path, (_line(crowd, number, line) for line in lines))


def email(person: int) -> str:
    """A person's address."""
    return f"person.{person}@example.com"


def phone(person: int) -> str:
    """A person's number."""
    return f"+{FIRST_PHONE + person}"


def _profile(person: int) -> str:
    return json.dumps(
        {
            "profile_id": f"person-{person}",
            "updated_at": "2026-01-01T00:00:00Z",
            "email": email(person),
            "phone_number": phone(person),
        }
    )


def _request(person: int) -> str:
    by = ({"profile_id": f"person-{person}"}, {"email": email(person)}, {"phone": phone(person)})[person % 3]
    return json.dumps({"request_id": f"request-{person}", "requested_at": "2026-03-01", **by})


def _line(crowd: Crowd, number: int, line: int) -> str:
    person, named = crowd.author(line), (line * MISSES) % (2 * crowd.people)
    conversation = line // LINES_A_CONVERSATION
    by = ({"profile_id": f"person-{person}"}, {"email": email(person).title()}, {"phone_number": phone(person)})
    texts = ("Where is my tent for two?", f"Write to {email(named)}, please.", f"Call {phone(named)} on 2026-03-09.")
    text = json.dumps(
        {
            "record_id": f"{number}-{line}",
            "conversation_id": f"talk-{number}-{conversation}",
            "profile": by[conversation % 3],
            "occurred_at": f"2026-03-09T10:00:{line % LINES_A_CONVERSATION:02}Z",
            "record_type": "message",
            "actor": "customer",
            "channel": "web_chat",
            "text": texts[line % 3],
        }
    )
    return text if (line + 1) % CUT_OFF_EVERY else text[:-5]


def _land(landing: Path, name: str, lines: Iterator[str]) -> None:
    path = landing / SOURCE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    with draft.open("w", encoding="utf-8") as stream:
        stream.writelines(f"{line}\n" for line in lines)
    draft.replace(path)
