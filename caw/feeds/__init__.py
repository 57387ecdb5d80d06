"""The feeds, their fields and seeds, as Python reads them; the forms in which identifiers match."""
