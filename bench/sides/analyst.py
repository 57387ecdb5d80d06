"""The same four event tables in pandas, as an analyst would write them: read, sort, group, merge; nothing streamed.

It takes the files as the generator writes them and leaves refusals, duplicates and late data out, as the floor does.
"""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from bench.counts import EVENT_TABLES, write_counts
from caw.feeds.declared import SEEDS_DIR

KEYS = ["source", "conversation_id"]
CATEGORIES = ("lack_of_knowledge", "shopper_requested", "escalation_rule", "unintelligible_input", "billing")
PROFILE_FIELDS = ("profile_id", "email", "phone_number", "external_id", "anonymous_id")


def main(landing: Path, work: Path) -> None:
    """Make the four tables and keep them as Parquet files."""
    log = typed_log(read_feed(landing, "conversation_log"))
    log["profile_id"] = profiles_of_conversations(log, read_feed(landing, "profiles"))
    with_state = ordered(log[~log["is_preview"]].reset_index(drop=True))
    tables = dict(zip(EVENT_TABLES, events(with_state), strict=True))
    for name, table in tables.items():
        table.to_parquet(work / f"{name}.parquet")
    write_counts(work, {name: len(table) for name, table in tables.items()})


def read_feed(landing: Path, feed: str) -> pd.DataFrame:
    """All files of a feed, with the account that each lies in."""
    frames = []
    for path in sorted(landing.glob(f"*/{feed}/**/*.jsonl")):
        frame = pd.read_json(path, lines=True, dtype=False)
        frame["source"] = path.relative_to(landing).parts[0]
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def typed_log(log: pd.DataFrame) -> pd.DataFrame:
    """Instants, words through the alias seed, profile fields as columns, in the specification's order."""
    aliases = pd.read_csv(SEEDS_DIR / "word_aliases.csv")
    for vocabulary in ("channel", "actor", "status"):
        own = aliases[aliases["vocabulary"] == vocabulary]
        words = dict(zip(word_form(own["alias"]), own["word"], strict=True))
        log[vocabulary] = word_form(log[vocabulary]).map(words)
    log["occurred_at"] = pd.to_datetime(log["occurred_at"], format="ISO8601", utc=True)
    for name in PROFILE_FIELDS:
        log[f"given_{name}"] = log["profile"].str.get(name)
    log["is_preview"] = (log["mode"] == "preview").groupby([log[key] for key in KEYS]).transform("any")
    log["length"] = log["record_id"].str.len()
    return log.sort_values([*KEYS, "occurred_at", "sequence", "length", "record_id"], ignore_index=True)


def word_form(texts: pd.Series) -> pd.Series:
    """Words as they are matched."""
    return texts.str.strip().str.lower().str.replace(r"[ -]", "_", regex=True)


def profiles_of_conversations(log: pd.DataFrame, versions: pd.DataFrame) -> pd.Series:
    """The person of each record's conversation, by the last of each identifier, key by key."""
    versions = versions.sort_values(["source", "profile_id", "updated_at"])
    versions["is_current"] = ~versions.duplicated(["source", "profile_id"], keep="last")
    versions = versions.sort_values(["is_current", "updated_at", "profile_id"])
    last = log.groupby(KEYS)[[f"given_{name}" for name in PROFILE_FIELDS]].last().reset_index()
    found = last["given_profile_id"]
    for name in ("email", "phone_number", "external_id"):
        known = pd.Series(versions["profile_id"].array, index=[versions["source"], key_form(name, versions[name])])
        found = found.fillna(looked_up(known, last["source"], key_form(name, last[f"given_{name}"])))
    anonymous = versions.explode("anonymous_ids")
    known = pd.Series(anonymous["profile_id"].array, index=[anonymous["source"], anonymous["anonymous_ids"]])
    found = found.fillna(looked_up(known, last["source"], last["given_anonymous_id"]))
    if "merged_into" in versions:
        merged = versions[versions["is_current"] & versions["merged_into"].notna()]
        pointers = pd.Series(merged["merged_into"].array, index=[merged["source"], merged["profile_id"]])
        for _ in range(20):
            target = looked_up(pointers, last["source"], found)
            if target.isna().all():
                break
            found = target.fillna(found)
    final = pd.Series(found.array, index=pd.MultiIndex.from_frame(last[KEYS]))
    return pd.Series(final.reindex(pd.MultiIndex.from_frame(log[KEYS])).array, index=log.index)


def key_form(name: str, texts: pd.Series) -> pd.Series:
    """Identifiers as they are matched."""
    if name == "email":
        return texts.str.strip().str.lower()
    return texts.str.replace(r"\D", "", regex=True) if name == "phone_number" else texts


def looked_up(known: pd.Series, source: pd.Series, key: pd.Series) -> pd.Series:
    """The last known value for each (source, key); none for none."""
    known = known[known.index.get_level_values(1).notna()]
    known = known[~known.index.duplicated(keep="last")]
    return pd.Series(known.reindex(pd.MultiIndex.from_arrays([source, key])).array, index=key.index)


def ordered(log: pd.DataFrame) -> pd.DataFrame:
    """The state at each record: skill, channel, tags, customer messages, the state before."""
    groups = log.groupby(KEYS, sort=False)
    log["position"] = groups.cumcount()
    log["skill_at"] = groups["skill"].ffill()
    log["channel_at"] = groups["channel"].ffill().fillna(groups["channel"].transform("first")).fillna("unknown")
    log["first_skill"] = groups["skill"].transform("first")
    log["is_customer"] = (log["record_type"] == "message") & (log["actor"] == "customer")
    log["customer_messages"] = groups["is_customer"].cumsum()
    started = log[log["is_customer"] & (log["customer_messages"] == 1)].set_index(KEYS)
    index = pd.MultiIndex.from_frame(log[KEYS])
    log["started_at"] = started["occurred_at"].reindex(index).array
    log["started_position"] = started["position"].reindex(index).array
    changes = log[log["status"].notna()]
    before = changes.groupby(KEYS, sort=False)[["status", "customer_messages"]].shift()
    reopened = before["status"].isin(["resolved", "closed"]) & (
        changes["customer_messages"] > before["customer_messages"]
    )
    log["state_before"] = before["status"].mask(reopened, "open").fillna("open")
    return log


def events(log: pd.DataFrame) -> tuple[pd.DataFrame, ...]:
    """The four tables, in the order of EVENT_TABLES."""
    started = log[log["is_customer"] & (log["customer_messages"] == 1)]
    resolved = log[
        (log["status"] == "resolved")
        & (log["actor"] != "human")
        & (log["state_before"] != "resolved")
        & ~((log["state_before"] == "escalated") & (log["actor"] != "agent"))
    ]
    escalated = log[(log["status"] == "escalated") & (log["state_before"] != "escalated")]
    recommended = log[(log["record_type"] == "products_recommended") & log["actor"].fillna("agent").eq("agent")]
    seconds = (resolved["occurred_at"] - resolved["started_at"]).dt.total_seconds()
    products = recommended["products"].map(product_ids)
    layouts = recommended["layout"] if "layout" in recommended else pd.Series(None, recommended.index, dtype=object)
    return (
        common("conversation_started", started, with_record=False).assign(
            initial_skill=started["first_skill"], first_message=started["text"]
        ),
        common("conversation_resolved", resolved).assign(
            final_skill=resolved["skill_at"],
            tags=tags_at(log, resolved),
            resolution_seconds=seconds.where(resolved["started_position"] < resolved["position"]),
        ),
        common("conversation_escalated", escalated).assign(
            escalation_reason=escalated["escalation_reason"],
            escalation_category=categories(escalated["escalation_reason"]),
            skill=escalated["skill_at"],
            tags=tags_at(log, escalated),
        ),
        common("product_recommendation_received", recommended).assign(
            products=products,
            product_count=products.str.len(),
            layout=layouts.fillna(products.str.len().map(lambda size: "card" if size == 1 else "list")),
            skill=recommended["skill_at"],
        ),
    )


def common(name: str, rows: pd.DataFrame, with_record: bool = True) -> pd.DataFrame:
    """The columns that every event table begins with."""
    parts = rows[[*KEYS, "record_id"] if with_record else KEYS]
    ids = [event_id(name, values) for values in parts.itertuples(index=False)]
    columns = [*KEYS, "profile_id", "channel_at", "occurred_at", "record_id"]
    table = rows[columns].rename(columns={"channel_at": "channel"}).assign(ingested_at=pd.Timestamp.now(tz="UTC"))
    table.insert(0, "event_id", ids)
    return table


def event_id(name: str, parts: Sequence[str]) -> str:
    """The stable id (spec §3.9)."""
    text = "".join(f"{len(part)}:{part}" for part in (name, *parts))
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def tags_at(log: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """All tags of a conversation up to each of these records."""
    tagged = log.loc[log["tags"].notna(), [*KEYS, "position", "tags"]]
    pairs = rows[[*KEYS, "position"]].reset_index().merge(tagged, on=KEYS, suffixes=("", "_tagged"))
    pairs = pairs[pairs["position_tagged"] <= pairs["position"]].explode("tags")
    return pairs.groupby("index")["tags"].agg(lambda tags: sorted(set(tags))).reindex(rows.index)


def product_ids(products: Sequence[str | dict[str, str]]) -> list[str]:
    """The products as ids, whatever form they were given in."""
    return [one if isinstance(one, str) else one.get("product_id") or one.get("sku") or one["id"] for one in products]


def categories(reasons: pd.Series) -> pd.Series:
    """The first category whose pattern occurs in the reason, else the one whose own name does."""
    seed = pd.read_csv(SEEDS_DIR / "escalation_categories.csv").sort_values("position")
    patterns = [*zip(word_form(seed["pattern"]), seed["category"], strict=True), *((name, name) for name in CATEGORIES)]
    return word_form(reasons).map(
        lambda reason: next((category for pattern, category in patterns if pattern in reason), "other"),
        na_action="ignore",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
