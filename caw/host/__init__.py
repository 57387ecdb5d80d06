"""Access to the machine: its clock, locks, threads, files and their modes, disks and terminal. No rule about data."""
