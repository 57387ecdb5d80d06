"""A mistake in a seed is reported once, in a sentence with the file and the line, before a run touches anything."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from caw.feeds.declared import SEEDS_DIR
from caw.feeds.seed_checks import check_seeds, declared_seeds, mistakes_of
from caw.feeds.seed_rules import MACROS, is_field_of_feed
from caw.feeds.seeds import completed
from caw.raw_store.schemas import LINE_SCHEMA
from caw.raw_store.store import RawStore
from caw.raw_store.tables import write_whole
from caw.settings import SettingsError, read_settings
from caw_dagster.cli import main

WINDOWS = "channel,hours\nweb_chat,24\nemail,120\nsms,120\nwhatsapp,120\nunknown,24\n"
POLICIES = (SEEDS_DIR / "retargeting_policies.csv").read_text(encoding="utf-8")
EXPERIMENT = "retargeting_experiments"
FIELDS = "experiment_id,policy_id,starts_at,ends_at,holdout_percent,conversion_hours,smallest_lift"
JULY = "july,recommendation_follow_up_sms,2019-07-01T00:00Z,2019-07-08T00:00Z,10,48,0.02\n"  # over: any share is fine
JULY_IS = f"{FIELDS}\n{JULY}"
NO_START = "is no instant with an offset, such as 2026-07-01T00:00Z"
NO_END = "is no instant with an offset, such as 2026-07-08T00:00Z"
NO_PROPORTION = "is no proportion above 0 and up to 1, such as 0.02"
OVERLAPS = "another experiment of recommendation_follow_up_sms has not ended when it starts"
OTHER_SHARE = "holdout_percent (10) must be that of recommendation_follow_up_sms in retargeting_policies.csv (0) until its last order counts"
CHANNELS = "it is one of web_chat, sms, email, whatsapp, unknown"

MISTAKES = [
    # a file that cannot be read as it should be
    ("sources", b"", ": it is empty; its first line must be source,timezone,currency,channel,people"),
    ("sources", b"\xef\xbb\xbf \n", ": it is empty; its first line must be source,timezone,currency,channel,people"),
    ("sources", "source,timezone\nshop,\nä,".encode("latin-1"), ", line 3: it is not UTF-8; save the file as UTF-8"),
    ("sources", WINDOWS.encode("utf-16"), ", line 1: it is not UTF-8; save the file as UTF-8"),
    ("attribution_windows", WINDOWS.replace(",", ";"), ", line 1: its cells are separated by semicolons; separate them by commas"),
    ("attribution_windows", WINDOWS.replace(",", "\t"), ", line 1: its cells are separated by tabs; separate them by commas"),
    ("absent_identifiers", 'word\nnull\n"none\nnil\n', ", line 3: the row that begins here is no CSV (unexpected end of data); a quote within a quoted cell is written twice"),
    ("absent_identifiers", 'word\n"a"b\n', ", line 2: the row that begins here is no CSV (',' expected after '\"'); a quote within a quoted cell is written twice"),
    # its header
    ("attribution_windows", WINDOWS.replace("hours", "hour"), ", line 1: the column 'hour' is unknown (did you mean hours?); the columns are channel, hours; FILE, line 1: the column 'hours' is missing; the columns are channel, hours"),
    ("sources", "source,timezone,note\nshop,,x\n", ", line 1: the column 'note' is unknown; the columns are source, timezone, currency, channel, people"),
    ("sources", "Source,timezone\nshop,\n", ", line 1: the column 'Source' is unknown (did you mean source?); the columns are source, timezone, currency, channel, people; FILE, line 1: the column 'source' is missing; the columns are source, timezone, currency, channel, people"),
    ("sources", "source,timezone,timezone\nshop,,\n", ", line 1: the column 'timezone' is there twice"),
    ("agent_tools", "skill,effect,path\na,,\n", ", line 1: the column 'tool_name' is missing; the columns are tool_name, skill, effect, path"),
    # its rows
    ("attribution_windows", WINDOWS.replace("email,120", "email;120").replace("sms,120", "sms,ten"), ", line 3: hours must not be blank; FILE, line 3: channel 'email;120' is unknown; it is one of web_chat, sms, email, whatsapp, unknown; FILE, line 4: hours 'ten' must be a whole number"),
    ("sources", "source,timezone,currency,channel\nshop,,,,\n", ", line 2: the row has 5 cells and the header 4"),
    ("sources", '\ufeffsource,channel\r\n"a",\r\n\r\n,web_chat\r\n', ", line 4: source must not be blank"),
    ("attribution_windows", WINDOWS.replace("sms,120", "sms,ten"), ", line 4: hours 'ten' must be a whole number"),
    ("attribution_windows", WINDOWS.replace("sms,120", "sms,1.5"), ", line 4: hours '1.5' must be a whole number"),
    ("attribution_windows", WINDOWS.replace("sms,120", "sms,9999999999"), ", line 4: hours '9999999999' must be a whole number"),
    ("attribution_windows", WINDOWS.replace("sms,120", "sms"), ", line 4: hours must not be blank"),
    ("attribution_windows", WINDOWS.replace("sms,120", "sms,0"), ", line 4: hours (0) must be greater than 0"),
    ("attribution_windows", WINDOWS + "fax,1\n", f", line 7: channel 'fax' is unknown; {CHANNELS}"),
    ("attribution_windows", WINDOWS + "sms,1\n", ", line 7: only one row may have this channel, and line 4 has it"),
    ("attribution_windows", WINDOWS.replace("sms,120\n", ""), ": no row has the channel 'sms'"),
    ("sources", "source,timezone\nshop,Europe/Atlantis\n", ", line 2: timezone 'Europe/Atlantis' is no name of the IANA database, such as Europe/Paris"),
    ("sources", "source,currency\nshop,Euro\n", ", line 2: currency 'Euro' is no code of three letters, such as EUR"),
    ("sources", "source,channel\nshop,fax\n", ", line 2: channel 'fax' is unknown; it is one of web_chat, sms, email, whatsapp"),
    ("sources", "source,people\nshop,Klavio\n", ", line 2: people 'Klavio' is unknown; it is one of own, klaviyo, shopify, intercom, zendesk, gorgias, woocommerce"),
    ("sources", "source\nMy Shop\n", ", line 2: a source is a folder's name of lower-case letters, digits and _"),
    ("agent_tools", "tool_name,skill,effect,path\nfind,,sing,\n", ", line 2: effect 'sing' is unknown; it is one of escalate, recommend, identify, cart"),
    ("agent_tools", "tool_name,skill,effect,path\nfind,,identify,\n", ", line 2: effect identify needs a path to its value"),
    ("agent_tools", "tool_name,skill,effect,path\nfind,,,\nfind,x,,\n", ", line 3: only one row may have this tool_name, and line 2 has it"),
    ("transcript_markers", "position,marker,status\n1,#A#,done\n", ", line 2: status 'done' is unknown; it is one of open, resolved, escalated, closed"),
    ("transcript_markers", "position,marker,status\none,#A#,open\n", ", line 2: position 'one' must be a whole number"),
    ("transcript_markers", "position,marker,status\n1,#A#,open\n1,#B#,open\n", ", line 2: position 1 is taken by another row; FILE, line 3: position 1 is taken by another row"),
    ("escalation_categories", "position,pattern,category\n1,refund,billing\n1.0,angry,\n", ", line 3: category must not be blank; FILE, line 3: only one row may have this position, and line 2 has it"),
    ("field_aliases", "source,feed,field,means\n*,order,mail,profile.email\n", ", line 2: feed 'order' is unknown; it is one of conversation_log, orders, profiles, consents, suppressions, message_sends, products, erasures, order_adjustments"),
    ("field_aliases", "source,feed,field,means\n*,orders,mail,profile.mail\n", ", line 2: orders has no field 'profile.mail' that it could mean"),
    ("field_aliases", "source,feed,field,means\nA B,orders,mail,order_id\n", ", line 2: a source is a folder's name of lower-case letters, digits and _, or * for all"),
    ("absent_identifiers", "word\nnull\nnull\n", ", line 3: only one row may have this word, and line 2 has it"),
    ("word_aliases", "vocabulary,alias,word\nchanel,web,web_chat\n", ", line 2: vocabulary 'chanel' is unknown; it is one of channel, status, actor, role, record_type, mode, layout, order_status, consent_channel, consent_status, suppression_channel, suppression_action, send_kind"),
    ("word_aliases", "vocabulary,alias,word\nchannel,web,fax\n", ", line 2: 'fax' is no word of channel"),
    ("word_aliases", "vocabulary,alias,word\nchannel,Web Chat,web_chat\nchannel,web-chat,sms\n", ", line 2: this way of writing stands for two words of channel, one of them 'web_chat'; FILE, line 3: this way of writing stands for two words of channel, one of them 'sms'"),
    ("retargeting_policies", POLICIES.replace("up_email,product_recommendation_received", "up_email,purchase"), ", line 2: trigger_event 'purchase' is unknown; it is one of conversation_started, conversation_resolved, conversation_escalated, product_recommendation_received"),
    ("retargeting_policies", POLICIES.replace(",sms,2,48,", ",fax,2,48,"), ", line 3: message_channel 'fax' is unknown; it is one of email, sms, whatsapp, push"),
    ("retargeting_policies", POLICIES.replace(",sms,2,48,true,", ",sms,2,48,perhaps,"), ", line 3: exclude_if_ordered 'perhaps' must be true or false"),
    ("retargeting_policies", POLICIES.replace(",sms,2,48,", ",sms,50,48,"), ", line 3: expires_after_hours (48) must be greater than delay_hours (50)"),
    ("retargeting_policies", POLICIES.replace("24,0\n", "24,101\n"), ", line 3: holdout_percent (101) must lie between 0 and 100"),
    # an experiment (spec §8.1)
    (EXPERIMENT, JULY_IS.replace("follow_up_sms", "follow_up_smx"), ", line 2: no policy in retargeting_policies.csv has the policy_id 'recommendation_follow_up_smx'"),
    (EXPERIMENT, JULY_IS.replace("2019-07-08", "2999-07-08"), f", line 2: {OTHER_SHARE}"),
    (EXPERIMENT, JULY_IS + JULY.replace("july", "other").replace("follow_up_sms", "up").replace("2019-07-08", "2999-07-08"), ", line 3: no policy in retargeting_policies.csv has the policy_id 'recommendation_up'"),
    (EXPERIMENT, JULY_IS.replace("07-08T00:00Z", "07-01T02:00+02:00"), ", line 2: ends_at (2019-07-01T02:00+02:00) must be later than starts_at (2019-07-01T00:00Z)"),
    (EXPERIMENT, JULY_IS + JULY.replace("july", "later").replace("07-01", "07-07").replace("07-08", "07-31"), f", line 3: {OVERLAPS} (2019-07-07T00:00Z)"),
    (EXPERIMENT, f"{FIELDS}\n" + JULY.replace("july", "later").replace("07-01", "07-07").replace("07-08", "07-31") + JULY, f", line 2: {OVERLAPS} (2019-07-07T00:00Z)"),
    (EXPERIMENT, JULY_IS + JULY.replace("july", "within").replace("07-01", "07-02").replace("07-08", "07-03"), f", line 3: {OVERLAPS} (2019-07-02T00:00Z)"),
    (EXPERIMENT, JULY_IS.replace("01T00:00Z", "01T00:00"), f", line 2: starts_at '2019-07-01T00:00' {NO_START}"),
    (EXPERIMENT, JULY_IS.replace("01T00:00Z", "01"), f", line 2: starts_at '2019-07-01' {NO_START}"),
    (EXPERIMENT, JULY_IS.replace("01T00:00Z", "01T24:00Z"), f", line 2: starts_at '2019-07-01T24:00Z' {NO_START}"),
    (EXPERIMENT, JULY_IS.replace("07-08", "02-30"), f", line 2: ends_at '2019-02-30T00:00Z' {NO_END}"),
    (EXPERIMENT, JULY_IS.replace("08T00:00Z", "08 00:00:00 Europe/Paris"), f", line 2: ends_at '2019-07-08 00:00:00 Europe/Paris' {NO_END}"),
    *((EXPERIMENT, JULY_IS.replace(",10,", f",{percent},"), f", line 2: holdout_percent ({percent}) must lie between 1 and 99") for percent in (0, 100, -10)),
    (EXPERIMENT, JULY_IS.replace(",10,", ",0.1,"), ", line 2: holdout_percent '0.1' must be a whole number"),
    *((EXPERIMENT, JULY_IS.replace(",48,", f",{hours},"), f", line 2: conversion_hours ({hours}) must lie between 1 and 8760") for hours in (0, -1, 8761)),
    *((EXPERIMENT, JULY_IS.replace("0.02", lift), f", line 2: smallest_lift '{lift}' {NO_PROPORTION}") for lift in ("0", "0.0", "-0.02", "1.01", "2", "2%", "two")),
    (EXPERIMENT, JULY_IS.replace("0.02", '"0,02"'), f", line 2: smallest_lift '0,02' {NO_PROPORTION}"),
    (EXPERIMENT, JULY_IS.replace("0.02", ""), ", line 2: smallest_lift must not be blank"),
    (EXPERIMENT, JULY_IS + JULY.replace("07-08", "07-31").replace("07-01", "07-08"), ", line 3: only one row may have this experiment_id, and line 2 has it"),
    (EXPERIMENT, JULY_IS + JULY, ", line 3: only one row may have this experiment_id, and line 2 has it"),
    (EXPERIMENT, JULY_IS.replace("_id,starts_at", "_id,start_at", 1), f", line 1: the column 'start_at' is unknown (did you mean starts_at?); the columns are {FIELDS.replace(',', ', ')}; FILE, line 1: the column 'starts_at' is missing; the columns are {FIELDS.replace(',', ', ')}"),
    (EXPERIMENT, JULY_IS.replace(",smallest_lift", "").replace(",0.02", ""), f", line 1: the column 'smallest_lift' is missing; the columns are {FIELDS.replace(',', ', ')}"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "says"), MISTAKES)
def test_a_mistake_is_reported_with_its_line_and_what_is_allowed(
    name: str, content: str | bytes, says: str, tmp_path: Path
) -> None:
    """DuckDB's dump of a CSV it cannot load, or a test's compilation error, helps nobody to mend a spreadsheet."""
    shutil.copytree(SEEDS_DIR, tmp_path / "seeds", ignore=shutil.ignore_patterns("sample"))
    path = tmp_path / "seeds" / f"{name}.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    settings = read_settings({"CAW_SEEDS_DIR": str(path.parent)})
    with pytest.raises(SettingsError) as raised:
        check_seeds(settings)
    assert str(raised.value) == f"{path}{says}.".replace("FILE", str(path))


def test_the_shipped_seeds_have_no_mistake() -> None:
    """No run would start; or each would copy the project, for seeds that dbt could take as they are."""
    check_seeds(read_settings({}))
    for seed in declared_seeds():
        assert completed(SEEDS_DIR / f"{seed.name}.csv", list(seed.types)) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace("true", "TRUE").replace("TRUE", "yes", 1),
        lambda text: text.replace("\n", "\r\n", 2),
        lambda text: text.replace(",2,48,", ", 2 ,48.0,"),
        lambda text: text.replace("recommendation_follow_up_sms", '"follow, ""up"" by\nsms"'),
        lambda text: text.partition("\n")[0],
    ],
)
def test_what_a_spreadsheet_writes_is_no_mistake(change: Callable[[str], str], tmp_path: Path) -> None:
    """A team's editor adds a byte order mark, other line ends, or empty lines."""
    seed = next(one for one in declared_seeds() if one.name == "retargeting_policies")
    path = tmp_path / "retargeting_policies.csv"
    path.write_text(change(POLICIES), encoding="utf-8", newline="")
    assert list(mistakes_of(seed, path)) == []
    columns = ", ".join(f"{name} {kind}" for name, kind in seed.types.items())
    path.write_text(completed(path, list(seed.types)) or path.read_text(encoding="utf-8"), encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute(f"create table seed ({columns})")
        connection.execute(f"copy seed from '{path}' (format csv, header true, delimiter ',')")  # as dbt loads it
        loaded = connection.sql("select delay_hours, expires_after_hours, exclude_if_ordered from seed").fetchall()
    assert loaded in ([(2, 72, True), (2, 48, True)], [])


def test_an_experiment_that_fits_its_policy_is_no_mistake(tmp_path: Path) -> None:
    """No run would start with an experiment; or none after one whose policy has gone on to hold out another share."""
    shutil.copytree(SEEDS_DIR, tmp_path / "seeds", ignore=shutil.ignore_patterns("sample"))
    rows = [JULY, JULY.replace("july", "next").replace("07-08", "07-31").replace("07-01", "07-08")]
    rows.append(JULY.replace("july", "now").replace("2019-07-08", "2999-07-08").replace("2019-07-01", "2020-01-01"))
    (tmp_path / "seeds" / f"{EXPERIMENT}.csv").write_text("".join([f"{FIELDS}\n", *rows]).replace(",0.02", ",1"))
    settings = read_settings({"CAW_SEEDS_DIR": str(tmp_path / "seeds")})
    with pytest.raises(SettingsError, match=re.escape(f"line 4: {OTHER_SHARE}.")):
        check_seeds(settings)
    (tmp_path / "seeds" / "retargeting_policies.csv").write_text(POLICIES.replace("24,0\n", "24,10\n"))
    check_seeds(settings)


def test_an_experiment_may_go_on_to_the_end_of_time(tmp_path: Path) -> None:
    """A run would end with a traceback: no instant is two days after the last one that there is."""
    shutil.copytree(SEEDS_DIR, tmp_path / "seeds", ignore=shutil.ignore_patterns("sample"))
    (tmp_path / "seeds" / f"{EXPERIMENT}.csv").write_text(f"{FIELDS}\n{JULY.replace('2019-07-08', '9999-12-31')}")
    with pytest.raises(SettingsError, match=re.escape(f"line 2: {OTHER_SHARE}.")):
        check_seeds(read_settings({"CAW_SEEDS_DIR": str(tmp_path / "seeds")}))


def test_a_flows_policy_is_written_as_the_policy_is(tmp_path: Path) -> None:
    """A slip of the pen makes a follow-up's own messages those of a welcome: nobody is kept from a second one."""
    shutil.copytree(SEEDS_DIR, tmp_path / "seeds", ignore=shutil.ignore_patterns("sample"))
    rows = ["flow_id,policy_id", "A, recommendation_follow_up_sms ", "B,welcome", "C,Recommendation-Follow-up SMS", ""]
    (tmp_path / "seeds" / "klaviyo_flows.csv").write_text("\n".join(rows))
    says = "klaviyo_flows.csv, line 4: policy_id 'Recommendation-Follow-up SMS' must be written as in retargeting_policies.csv: recommendation_follow_up_sms."
    with pytest.raises(SettingsError) as raised:
        check_seeds(read_settings({"CAW_SEEDS_DIR": str(tmp_path / "seeds")}))
    assert str(raised.value) == f"{tmp_path}/seeds/{says}"


def test_many_mistakes_are_counted(tmp_path: Path) -> None:
    """A spreadsheet with every row wrong fills the screen."""
    shutil.copytree(SEEDS_DIR, tmp_path / "seeds", ignore=shutil.ignore_patterns("sample"))
    (tmp_path / "seeds" / "absent_identifiers.csv").write_text("word\n" + "null\n" * 31)
    (tmp_path / "seeds" / "Copy of sources.csv").write_text("source\n")
    with pytest.raises(SettingsError) as raised:
        check_seeds(read_settings({"CAW_SEEDS_DIR": str(tmp_path / "seeds")}))
    assert str(raised.value).count("; ") == 11
    assert "Copy of sources.csv: a seed's name is of small letters, digits and _ alone" in str(raised.value)
    assert str(raised.value).endswith("; and 21 more.")


def test_a_run_with_a_wrong_seed_touches_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines taken in by a wrong alias, or tables half built."""
    shutil.copytree(SEEDS_DIR, tmp_path / "seeds", ignore=shutil.ignore_patterns("sample"))
    (tmp_path / "seeds" / "attribution_windows.csv").write_text(WINDOWS.replace("sms,120", "sms,ten"))
    (tmp_path / "landing").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAW_SEEDS_DIR", str(tmp_path / "seeds"))
        code = main(["run", "--landing", str(tmp_path / "landing"), "--data-dir", str(tmp_path / "data")])
    said = capsys.readouterr()
    file = tmp_path / "seeds" / "attribution_windows.csv"
    assert (code, said.out) == (2, "")
    assert said.err == f"caw: {file}, line 4: hours 'ten' must be a whole number.\n"
    assert not list(tmp_path.glob("data/raw/*")) and not list(tmp_path.glob("data/*.duckdb"))


def test_conditions_of_the_yml_are_read_as_dbt_reads_them() -> None:
    """A rule with a macro that is not known here would stop every run."""
    called = {name for seed in declared_seeds() for rule in seed.rules for name in MACROS if name in rule["holds"]}
    assert called == set(MACROS)
    assert is_field_of_feed(" orders ", "profile.email") and is_field_of_feed("orders", "order_id")
    assert not is_field_of_feed("orders", "profile") and not is_field_of_feed("order", "order_id")


@pytest.mark.parametrize(
    ("name", "rows", "says"),
    [
        ("agent_tools", "skill,tool_name,effect,path\n,find_user,,\n", "row 0: the columns must be tool_name"),
        ("vendor_words", "vendor,field,value,means\nklaviyo,property,Caf\u00e9,channel\nklaviyo,property,Cafe,email\n", "row 2: Cafe means channel"),
        ("klaviyo_flows", "flow_id,policy_id\nF1,sms\nF1 ,email\n", "row 2: F1 is of sms in another row"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["run", "ingest"])
def test_what_an_adapter_cannot_read_is_found_before_its_first_line_lands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, name: str, rows: str, says: str
) -> None:  # fmt: skip
    """A seed that is changed today, and every run that fails from the day on, months later, on which a vendor is connected."""
    (tmp_path / "landing").mkdir()
    (tmp_path / f"{name}.csv").write_text(rows, encoding="utf-8")
    monkeypatch.setenv("CAW_SEEDS_DIR", str(tmp_path))
    assert main([command, "--landing", str(tmp_path / "landing"), "--data-dir", str(tmp_path / "data")]) == 2
    assert f"{name}.csv {says}" in capsys.readouterr().err
    assert not (tmp_path / "data" / "raw").exists()


def test_every_seed_is_declared_with_types_that_are_checked() -> None:
    """A column of another type would be checked as text, and stop dbt with DuckDB's words."""
    assert {seed.name for seed in declared_seeds()} == {path.stem for path in SEEDS_DIR.glob("*.csv")}
    assert {kind for seed in declared_seeds() for kind in seed.types.values()} == {"string", "integer", "boolean"}
    for truth, value in (("t", True), ("NO", False), ("1", True)):
        assert duckdb.execute("select cast(? as boolean)", [truth]).fetchone() == (value,)


def test_what_every_run_does_loads_no_pandas(tmp_path: Path) -> None:
    """pyarrow loads it for any value that comes from Python, which takes a tenth of a run that finds nothing new."""
    code = (
        "import sys; from datetime import UTC, datetime; "
        "import caw_dagster.execution; from caw.erasure.run import forget_people; "
        "from caw.feeds.seed_checks import check_seeds; from caw.settings import read_settings; "
        "settings = read_settings(data_dir=sys.argv[1]); check_seeds(settings); "
        "settings.store().write_run_context('a', datetime(2026, 6, 30, tzinfo=UTC), 'b'); "
        "assert forget_people(settings, False, lambda _: 1 / 0) is None; "
        "print('pandas' in sys.modules)"
    )
    store = RawStore(tmp_path)
    (tmp_path / "state").mkdir()
    store.prepare()
    derived = tmp_path / "expanded" / "records" / "erasures" / "shopify_customers"
    derived.mkdir(parents=True)
    write_whole(LINE_SCHEMA.empty_table(), derived / "00000001.parquet")
    ran = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
