"""`caw explain`: one shopper from log line to verdict, read from the warehouse and laid out as text.

What does not belong here: deciding anything. The verdicts are those that the models built (spec §4.14); these modules
only fetch them, and the rows by which a person can check them.
"""
