"""Copies of the published tables in databases of other vendors. What does not belong here: the publication itself."""
