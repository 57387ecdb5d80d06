"""`caw doctor`: everything that it looks at, and the test conversation that it sends.

It looks at the published health tables, the landing zone and Dagster's history, all from outside: a run may be on.
"""
