"""Everything about forgetting a person (spec §6).

identifiers → what identifies a person, in which form, and where lines carry it; words → where texts name somebody;
json_edits → texts of a JSON line replaced, and nothing else of it; finding → which lines carry what; keyring → what
stands for an identifier that went; redaction → what is left of a line; held_files → landed files that hold somebody;
forgotten → the memory of those who went; rewriting → the raw store without them; late_deliveries → what is delivered
for them afterwards; subjects → whom a request is about; run → all of it within a run.

What ingestion imports of it (all but `subjects` and `run`) knows neither dbt nor Dagster.
"""
