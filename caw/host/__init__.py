"""What the machine gives: its clock, locks, file modes, disks and terminal."""
