"""One shopper from log line to verdict: what `caw explain` looks up in the warehouse, and how it is laid out.

Nothing is judged here. The verdicts are those that the models built (spec §4.14); these modules only fetch
them, and the rows beside which a person can check them.
"""
