"""Forgetting a person in the raw store (contract, section 6).

identities → whose a line is; keyring → what stands for an identifier that went; redaction → what is left of a line;
rewriting → the store without the person; arrivals → what is delivered for them later.
"""
