"""The sides that are measured: each module is one whole process, `python -m bench.sides.<side> LANDING WORK`.

A side leaves its event tables' row counts in WORK/counts.json, by which the report sees that all sides did the same.
"""
