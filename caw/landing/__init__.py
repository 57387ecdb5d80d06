"""What lies in the landing zone: which files, whose they are, and whether their content is new."""
