"""Vendor feeds (spec §2.3), written from the specification alone: what a team already has, landed as it is.

A line says what it says of one object (`line.Says`, one module a vendor); `taking` checks its records and compares it
with the lines before it; `counting` tells which records count once all lines are known; `adjustments` and `agreement`
are what orders and health make of them. Nothing here knows of files, batches or tables.

Outside it: erasure (§2.3.10), Parquet, and the feeds that come later (WooCommerce, Stripe, traces).
"""
