"""Pulls of a custom catalogue: no filter knows what has changed, so it is asked for whole, and only changes land."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from caw.adapters.registry import expander
from caw.feeds.declared import SEEDS_DIR
from caw.pull.errors import PullError
from tests.support.fake_klaviyo import ITEMS, VARIANTS, Trouble
from tests.support.klaviyo_resources import item, variant
from tests.support.pull_site import CATALOG, DAY, DEATHS, HOUR, SINCE, PullSite, at, at_work, die_in_a_pull

SOLD_OUT = {"inventory_quantity": 0}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PullSite]:
    """One whose vendor has four items in two pages, and seven variants in three."""
    with at_work(tmp_path, monkeypatch) as site:
        site.fake.items = [item(f"shirt{number}", SINCE) for number in range(4)]
        site.fake.variants = [variant(f"shirt{number}-red", SINCE) for number in range(7)]
        yield site


def names(site: PullSite) -> list[str]:
    """The landed objects, without what all ids begin with."""
    return [name.removeprefix("$custom:::$default:::") for name in site.ids(CATALOG)]


ALL = [*(f"shirt{number}" for number in range(4)), *(f"shirt{number}-red" for number in range(7))]


def test_a_first_pull_lands_items_then_variants_whole(site: PullSite) -> None:
    """The variants know the stock: of one product_id and one instant the last delivered counts."""
    pulled = site.pull(CATALOG)
    assert names(site) == ALL
    assert (pulled.pages, pulled.objects, pulled.lines, pulled.files) == (5, 11, 11, 5)
    assert [path.name for path in site.files(CATALOG)] == [
        f"until_20260630T115930Z_from_20260601T000000Z_{number:08}.jsonl" for number in range(5)
    ]
    for path, name in ((ITEMS, "item"), (VARIANTS, "variant")):
        query = site.fake.queries(path)[0]
        assert {*query} == {f"fields[catalog-{name}]", "page[size]", "sort"}  # no filter knows `updated`
        assert (query["page[size]"], query["sort"]) == (["100"], ["created"])


def test_a_pulled_line_has_all_that_its_product_is_made_of_and_no_metadata(site: PullSite) -> None:
    """An object's metadata may have 100 kB, and a line would land again whenever it changes."""
    site.fake.items, site.fake.variants = [item("shirt", SINCE)], [variant("shirt-red", SINCE, **SOLD_OUT)]
    site.pull(CATALOG)
    shirt, red = (json.dumps(line) for line in site.lines(CATALOG))
    expand = expander(SEEDS_DIR)
    products = [dict(one.fields) for line in (shirt, red) for one in expand("klaviyo_catalog", line).records]
    both = {"price": 42, "updated_at": "2026-06-01T00:00:00Z"}
    assert [{name: str(value) for name, value in one.items()} for one in products] == [
        {name: str(value) for name, value in one.items()}
        for one in (
            {"product_id": "shirt", "title": "The shirt", "url": "https://shop.example.com/shirt", "in_stock": True}
            | both,
            {"product_id": "shirt-red", "title": "The shirt-red", "url": "https://shop.example.com/shirt-red"}
            | {"sku": "SKU-shirt-red", "in_stock": False}
            | both,
        )
    ]
    assert "Top Pick" not in shirt + red and "Ocean blue" not in shirt + red


def test_it_is_asked_for_once_a_day_and_when_a_rescan_is_asked_for(
    site: PullSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pull every five minutes would list it 288 times a day."""
    site.pull(CATALOG)
    asked = site.fake.asked
    at(monkeypatch, 23 * HOUR)
    assert (str(site.pull(CATALOG)), site.fake.asked) == ("nothing is due", asked)
    assert (site.pull(CATALOG, rescan=True).objects, site.fake.asked) == (11, asked + 5)
    at(monkeypatch, 46 * HOUR)
    assert str(site.pull(CATALOG)) == "nothing is due"  # the rescan was a whole listing
    at(monkeypatch, 47 * HOUR)
    assert site.pull(CATALOG).objects == 11


def test_nothing_is_written_twice_however_long_nothing_changes(site: PullSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written is remembered for as long as the catalogue has it, not for a window's length."""
    site.pull(CATALOG)
    before = {path: path.stat().st_mtime_ns for path in site.files(CATALOG)}
    for days in (1, 2, 3, 40, 41, 400):
        at(monkeypatch, days * DAY)
        assert (site.pull(CATALOG).objects, site.pull(CATALOG).objects) == (11, 0)
    assert {path: path.stat().st_mtime_ns for path in site.files(CATALOG)} == before


def test_what_has_changed_lands_and_so_does_what_changes_back(site: PullSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.pull(CATALOG)
    red = site.fake.variants[5]
    for days, now in ((1, variant("shirt5-red", SINCE + DAY, **SOLD_OUT)), (2, red)):
        site.fake.variants[5] = now
        at(monkeypatch, days * DAY)
        site.pull(CATALOG)
    assert names(site) == [*ALL, "shirt5-red", "shirt5-red"]
    assert [line["attributes"]["inventory_quantity"] for line in site.lines(CATALOG)[10:]] == [4, 0, 4]


def test_a_product_without_variants_of_its_own_is_an_item_and_a_variant_of_one_id(
    site: PullSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would else seem to be a change of the other, and both would land every day."""
    site.fake.items, site.fake.variants = [item("mug", SINCE)], [variant("mug", SINCE, of="mug")]
    site.pull(CATALOG)
    at(monkeypatch, DAY)
    assert (site.pull(CATALOG).objects, names(site)) == (2, ["mug", "mug"])


def gone(site: PullSite) -> list[tuple[str, str]]:
    """(product, deleted_at) of the landed lines of deletions."""
    deleted = [line for line in site.lines(CATALOG) if "deleted_at" in line]
    return [(line["attributes"]["external_id"], line["deleted_at"]) for line in deleted]


def products(site: PullSite) -> list[tuple[object, ...]]:
    """(product, updated_at, in_stock) of the records of all lines that landed."""
    expand = expander(SEEDS_DIR)
    records = [
        one.fields for line in site.lines(CATALOG) for one in expand("klaviyo_catalog", json.dumps(line)).records
    ]
    return [(one["product_id"], one["updated_at"], one["in_stock"]) for one in records]


def test_what_the_catalogue_has_no_more_lands_once_as_gone(site: PullSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deleted product would stay in stock for ever, and follow-ups go on to recommend it."""
    site.pull(CATALOG)
    site.fake.variants.pop()
    site.fake.items.pop(0)
    at(monkeypatch, DAY)
    pulled = site.pull(CATALOG)
    assert (pulled.lines, pulled.gone, pulled.objects) == (0, 2, 9) and ", 2 gone" in str(pulled)
    assert gone(site) == [("shirt0", "2026-07-01T11:59:30Z"), ("shirt6-red", "2026-07-01T11:59:30Z")]
    assert products(site)[-1] == ("shirt6-red", "2026-07-01T11:59:30Z", False)
    for days in (2, 3, 40):
        at(monkeypatch, days * DAY)
        assert (site.pull(CATALOG).files, len(gone(site))) == (0, 2)


def test_what_comes_back_lands_at_the_instant_of_its_listing(site: PullSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own `updated` is older than its deletion: a list that lacked it by mistake would hide it until it changes."""
    site.pull(CATALOG)
    lost = site.fake.variants.pop()
    for hours in (1, 2):  # rescans: what was written is still remembered
        at(monkeypatch, hours * HOUR)
        site.pull(CATALOG, rescan=True)
    site.fake.variants.append(lost)
    for days in (2, 3):
        at(monkeypatch, days * DAY)
        site.pull(CATALOG)
    assert [one for one in products(site) if one[0] == "shirt6-red"] == [
        ("shirt6-red", "2026-06-01T00:00:00Z", True),
        ("shirt6-red", "2026-06-30T12:59:30Z", False),
        ("shirt6-red", "2026-07-02T11:59:30Z", True),
    ]
    site.fake.variants.pop()
    at(monkeypatch, 4 * DAY)
    site.pull(CATALOG)
    assert [when for _, when in gone(site)] == ["2026-06-30T12:59:30Z", "2026-07-04T11:59:30Z"]


def test_a_list_that_was_not_read_to_its_end_says_of_nothing_that_it_is_gone(
    site: PullSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The objects of the pages that failed would all count as deleted."""
    site.pull(CATALOG)
    at(monkeypatch, DAY)
    site.fake.troubles = {site.fake.asked + 2: Trouble(403)}
    with pytest.raises(PullError):
        site.pull(CATALOG)
    assert gone(site) == []
    site.fake.troubles = {}
    assert (site.pull(CATALOG).gone, gone(site)) == (0, [])


def test_an_account_without_a_custom_catalogue_lands_nothing(site: PullSite) -> None:
    """A shop that is connected to Klaviyo has its products elsewhere: its own are in the shop's feed."""
    site.fake.items, site.fake.variants = [], []
    assert str(site.pull(CATALOG)).startswith("0 new of 0 objects in 2 pages, 0 files, up to")
    assert site.files(CATALOG) == []


def test_what_passes_is_waited_for_and_changes_nothing_that_lands(site: PullSite) -> None:
    busy = Trouble(429, {"Retry-After": "7"})
    site.fake.troubles = {0: busy, 2: Trouble(500), 3: Trouble(502), 5: Trouble(cut=True)}
    site.pull(CATALOG)
    assert names(site) == ALL
    assert site.clock.waits.count(7.0) == 1
    assert site.fake.asked == 5 + 4  # each request that was in trouble once more, and no others


@pytest.mark.parametrize("number", range(5))
def test_a_key_that_stops_to_hold_leaves_a_listing_that_the_next_pull_ends(
    site: PullSite, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.fake.troubles = {number: Trouble(401)}
    with pytest.raises(PullError, match="to a private key with the scopes catalogs:read"):
        site.pull(CATALOG)
    at(monkeypatch, HOUR)
    site.pull(CATALOG)
    assert names(site) == ALL
    assert site.fake.asked == 6  # no page twice
    at(monkeypatch, 2 * HOUR)
    assert str(site.pull(CATALOG)) == "nothing is due"


def test_a_page_that_is_not_known_any_more_is_given_up_and_nothing_is_doubled(
    site: PullSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.fake.troubles = {3: Trouble(401), 4: Trouble(400)}
    with pytest.raises(PullError):
        site.pull(CATALOG)
    at(monkeypatch, 10 * DAY)
    site.pull(CATALOG)
    assert sorted(names(site)) == sorted(ALL)


@pytest.mark.parametrize("days", [0, 30])
@pytest.mark.parametrize("after", range(5))
@pytest.mark.parametrize("step", DEATHS)
def test_a_pull_that_dies_goes_on_under_the_same_names(
    site: PullSite, step: str, after: int, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost and nothing doubled, wherever it ends; also where nobody pulls for a month."""
    before = die_in_a_pull(site, CATALOG, step, after, monkeypatch)
    at(monkeypatch, days * DAY + HOUR)
    site.fake.items.append(item("zip", SINCE))
    site.pull(CATALOG)
    at(monkeypatch, (days + 1) * DAY + 2 * HOUR)
    assert site.pull(CATALOG).objects == 12
    assert sorted(names(site)) == sorted([*ALL, "zip"])
    assert before <= {path.name for path in site.files(CATALOG)}
    assert {path.suffix for path in site.files(CATALOG)} == {".jsonl"}
