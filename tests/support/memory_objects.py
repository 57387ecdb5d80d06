"""A raw store's objects in this process's memory: what is done on it opens no file."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO


@dataclass
class MemoryObjects:
    """The four calls of `caw.raw_store.objects.Objects`, and what was put and removed, in order."""

    kept: dict[str, bytes] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    place: str = "memory"

    def list(self, prefix: str = "") -> Sequence[str]:
        return sorted(name for name in self.kept if name.startswith(prefix))

    def read(self, name: str) -> BinaryIO:
        if name not in self.kept:
            raise FileNotFoundError(name)
        return BytesIO(self.kept[name])

    @contextmanager
    def put_once(self, name: str, replaces: bool = False) -> Iterator[BinaryIO]:
        class Stream(BytesIO):
            def close(self) -> None:
                """What writes Parquet closes what it was given; the content is read after that."""

        stream = Stream()
        yield stream
        if not replaces and name in self.kept:
            raise FileExistsError(name)
        self.calls.append(f"put {name}")
        self.kept[name] = stream.getvalue()

    def remove(self, names: Iterable[str]) -> None:
        for name in list_of(names):
            self.calls.append(f"remove {name}")
            self.kept.pop(name, None)


def list_of(names: Iterable[str]) -> tuple[str, ...]:
    """The names, before what they are taken from changes."""
    return tuple(names)
