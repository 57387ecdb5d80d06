"""Everything about forgetting a person (spec §6).

identifiers → kinds of identifiers, their normal forms, and the fields that carry them; words → where texts name a
person; json_edits → replaces texts of a JSON line, and nothing else of it; finding → identifiers of lines; keyring →
pseudonyms; redaction → redacts one line; held_files → landed files that contain data of forgotten people; forgotten →
hashes of forgotten people; rewriting → rewrites the raw store; late_deliveries → redacts what is delivered afterwards;
subjects → all identifiers of the people that requests name; run → the steps of an erasure within a run.

What ingestion imports of it (all but `subjects` and `run`) knows neither dbt nor Dagster.
"""
