"""Nobody who was erased is a member of anything, whatever a team's segments ask."""

import pytest

from tests.support.built_sample import compiled
from tests.support.forgetting import EMAIL, FORMER, MERGED, PROFILE, ForgettingPipeline, lines, others, planted, request
from tests.support.project import ProjectCopy

BOB, NEVER_WROTE = "bob-1", "never-wrote"
STAYS = "twin"  # a source of which nobody asks to be forgotten
ASKED_OF = ("activity_feed", "int_consents", "int_orders", "int_people", "int_profiles", "int_refused_permissions", "int_run",
            "int_suppressions")  # fmt: skip
"""What conditions read, whatever they ask."""
# Each is true of a profile of which nothing but its bare existence, or its consent, is known.
CONDITIONS = {
    'did_not("placed_order", between=["2020-01-01", "2020-02-01"])': {BOB, NEVER_WROTE},
    'did("conversation_started", exactly=0, in_last_days=2)': {NEVER_WROTE},
    'did("conversation_escalated", at_most=3)': {BOB, NEVER_WROTE},
    'has_consent("email")': {NEVER_WROTE},
    'has_property("profile_id")': {BOB, NEVER_WROTE},
    'any_of([did_not("placed_order"), has_consent("email")])': {NEVER_WROTE},
}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory, project: ProjectCopy) -> ForgettingPipeline:
    """Three people; one is forgotten, and then delivered once more. In another source she stays."""
    made = ForgettingPipeline(tmp_path_factory.mktemp("members"), project, ASKED_OF)
    never_wrote = {"profile_id": NEVER_WROTE, "updated_at": "2026-01-01T00:00:00Z"}
    consent = {"channel": "email", "status": "subscribed", "occurred_at": "2026-01-01T00:00:00Z"}
    made.refresh(
        planted()
        | {path.replace("acme/", f"{STAYS}/", 1): content for path, content in planted().items()}
        | others()
        | request(email=EMAIL)
        | {
            "acme/profiles/never.jsonl": lines(never_wrote),
            "acme/consents/never.jsonl": lines({"profile_id": NEVER_WROTE, **consent}),
        }
    )
    made.refresh(
        {
            "acme/profiles/late.jsonl": lines(
                {"profile_id": PROFILE, "updated_at": "2026-02-01T00:00:00Z", "email": EMAIL}
            ),
            "acme/consents/late.jsonl": lines(
                {"profile_id": FORMER, **consent}, {"profile_id": MERGED, "occurred_at": "x"}
            ),
        }
    )
    return made


def members(pipeline: ForgettingPipeline, condition: str, source: str = "acme") -> set[str]:
    """The profiles of a source that meet a condition, asked of the warehouse as it is built."""
    sql = compiled(pipeline, "{{ segment(" + condition + ") }}")
    return {row["profile_id"] for row in pipeline.query(sql) if row["source"] == source}


def test_pseudonyms_are_there_to_be_found(pipeline: ForgettingPipeline) -> None:
    """Else the tests below hold of nothing."""
    (found,) = pipeline.query(
        "select count(*)::int as n from staging.stg_consents where starts_with(profile_id, 'erased-') and is_erased"
    )
    assert found["n"] >= 2
    for condition in ('has_consent("email")', 'did("conversation_escalated", at_most=3)'):
        assert PROFILE in members(pipeline, condition, STAYS)  # else there is nothing to forget


@pytest.mark.parametrize("condition", CONDITIONS)
def test_nobody_who_was_erased_meets_a_condition(pipeline: ForgettingPipeline, condition: str) -> None:
    """A pseudonym counts as a profile of which nothing is known, and did not do anything."""
    assert members(pipeline, condition) == CONDITIONS[condition]


def test_no_pseudonym_keeps_a_refused_line(pipeline: ForgettingPipeline) -> None:
    assert pipeline.query("select * from intermediate.int_refused_permissions where source = 'acme'") == []
