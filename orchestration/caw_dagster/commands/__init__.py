"""The work behind `caw`'s commands: one module each, whose `main` goes from parsed arguments to an exit code.

Arguments are declared in cli.py, so that asking for help imports none of these.
"""
