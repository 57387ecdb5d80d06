"""Pulling: asks vendors' APIs for what is new and lands it, file by file (spec §2.3.24). Plain Python, no warehouse.

What belongs here: the rows of `pulls.csv`, requests, cursors, and writing whole files into the landing zone. What does
not: how a landed line becomes records (adapters/), and when a pull is made (caw_dagster).
"""
