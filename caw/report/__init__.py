"""The report page: declared tiles over the published marts as one self-contained page a source (spec §9).

What does not belong here: Dagster's asset (assets/report.py) and the command.
"""

DAYS = 28  # that a page is about, unless asked otherwise
