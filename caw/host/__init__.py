"""Access to the machine: its clock, locks, files and their modes, disks and terminal. No rule about data."""
