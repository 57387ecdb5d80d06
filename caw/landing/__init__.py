"""The landing zone: its files, the source and feed of each, and whether its content is new."""
