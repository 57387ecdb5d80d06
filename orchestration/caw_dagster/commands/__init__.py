"""The commands of `caw`: one module each, whose `main` takes parsed arguments and returns an exit code.

Arguments are declared in cli.py, so that asking for help imports none of these.
"""
