"""Writes dbt_project/macros/parsing/case_folding.sql from Python's `str.casefold`: SQL engines only have `lower`.

Run as `python docs/make_case_folding.py`; tests/dbt/test_keys.py compares every code point.
"""

import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "dbt_project" / "macros" / "parsing" / "case_folding.sql"
SURROGATES = range(0xD800, 0xE000)
DOTTED_I = "\u0130"  # the one letter whose lower case takes two characters, of which engines drop one

TEMPLATE = """\
{{# Written by docs/make_case_folding.py: Unicode's full case folding, as Python has it. Few texts hold a letter whose
   folding is more than its lower case: the others are spared the tables. #}}
{{% macro case_folded(text) -%}}
    {{%- set lower_case = lowered("replace(" ~ text ~ ", '{dotted_i}', '{dotted_i_lowered}')") -%}}
    case
        when {{{{ is_ascii(text) }}}} then lower({{{{ text }}}})
        when not {{{{ has_character_of(lower_case, "{letters}") }}}} then {{{{ lower_case }}}}
        else {opened}translate(
            {{{{ lower_case }}}},
            '{before}',
            '{after}'
        ){closed}
    end
{{%- endmacro %}}
"""


def foldings() -> dict[str, str]:
    """Every lower-case character that case folding still changes, with what it becomes."""
    characters = (chr(code) for code in range(sys.maxunicode + 1) if code not in SURROGATES and chr(code) != DOTTED_I)
    return {one.lower(): one.casefold() for one in characters if one.casefold() != one.lower()}


def macro() -> str:
    """The macro's text: `translate` for letters that stay one letter, a `replace` for each of the others."""
    changed = foldings()
    single = {one: to for one, to in changed.items() if len(to) == 1}
    several = {one: to for one, to in changed.items() if len(to) > 1}
    return TEMPLATE.format(
        dotted_i=DOTTED_I,
        dotted_i_lowered=DOTTED_I.lower(),
        letters="".join(changed),
        opened="replace(" * len(several),
        before="".join(single),
        after="".join(single.values()),
        closed="".join(f", '{one}', '{to}')" for one, to in several.items()),
    )


if __name__ == "__main__":
    TARGET.write_text(macro(), encoding="utf-8")
