"""Jinja's code that test processes keep for each other: what a template is rendered to stays the same."""

from pathlib import Path

import pytest
from jinja2 import Environment, TemplateSyntaxError
from jinja2.nativetypes import NativeEnvironment
from jinja2.sandbox import SandboxedEnvironment

from tests.support import kept_templates

KINDS = {Environment: "[1, 2]", SandboxedEnvironment: "[1, 2]", NativeEnvironment: [1, 2]}
TEXT = "{{ [1, number] }}"


def again(*_: object, **__: object) -> None:
    raise AssertionError("it is compiled again")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place in which this text's code is kept for each kind of environment."""
    monkeypatch.setattr(Environment, "compile", kept_templates.compile_again)
    kept_templates.keep_templates(tmp_path)
    for kind in KINDS:
        kind().from_string(TEXT)
    return tmp_path


def test_another_process_takes_the_code_of_its_kind(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A macro that is a text in one place and a list in another, because one was compiled before the other."""
    monkeypatch.setattr(kept_templates, "compile_again", again)
    kept_templates.keep_templates(kept)  # as a process that knows nothing yet
    assert {kind: kind().from_string(TEXT).render(number=2) for kind in KINDS} == KINDS
    with pytest.raises(AssertionError, match="again"):
        Environment().from_string(f"{TEXT} changed")


def test_code_that_is_damaged_is_compiled_again(kept: Path) -> None:
    """A file that another version of Python left, or that was cut off: every build of that process fails."""
    for path in (kept / "templates").iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    kept_templates.keep_templates(kept)
    assert Environment().from_string(TEXT).render(number=2) == "[1, 2]"


def test_a_text_that_is_no_template_is_refused_each_time(kept: Path) -> None:
    """A broken macro that passes because it failed before."""
    for _ in range(2):
        with pytest.raises(TemplateSyntaxError):
            Environment().from_string("{{ number")


def test_who_may_not_write_there_compiles_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run as another user that fails at the tests' own folder."""
    monkeypatch.setattr(Environment, "compile", kept_templates.compile_again)
    (tmp_path / "templates").write_text("a file where a folder belongs", encoding="ascii")
    kept_templates.keep_templates(tmp_path)
    assert Environment().from_string(TEXT).render(number=2) == "[1, 2]"
