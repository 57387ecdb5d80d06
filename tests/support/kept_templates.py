"""The code of Jinja's templates, kept for all test processes: dbt compiles every macro and model again in each of its runs.

A text gives the same code in every environment of one class, so what one process has compiled the others take from a file.
What a template is rendered to is made each time.
"""

import hashlib
import marshal
import os
from contextlib import suppress
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import Environment
from jinja2.nodes import Template

compile_again = Environment.compile


def keep_templates(place: Path) -> None:
    """Have every environment of this process take the code of its templates from a place, and leave there what it lacks."""
    folder = place / "templates"
    known: dict[str, CodeType] = {}

    def compiled(environment: Environment, source: str | Template, *names: Any, **more: Any) -> str | CodeType:
        if not isinstance(source, str) or names or more:  # has a name or a file, which its code has
            return compile_again(environment, source, *names, **more)
        key = _key(environment, source)
        if key not in known:
            known[key] = _kept(folder / key) or _keep(folder / key, compile_again(environment, source))
        return known[key]

    Environment.compile = compiled  # type: ignore[method-assign, assignment]


def _key(environment: Environment, source: str) -> str:
    kind = type(environment)
    text = "\n".join([f"{kind.__module__}.{kind.__qualname__}", *sorted(environment.extensions), source])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _kept(path: Path) -> CodeType | None:
    try:
        code: CodeType = marshal.loads(path.read_bytes())
    except (OSError, ValueError, EOFError, TypeError):  # nobody has compiled it yet, or it is damaged
        return None
    return code


def _keep(path: Path, code: Any) -> Any:
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    with suppress(OSError):  # of another user's process
        path.parent.mkdir(exist_ok=True, parents=True)
        draft.write_bytes(marshal.dumps(code))
        draft.replace(path)  # another process may have kept the same
    return code
