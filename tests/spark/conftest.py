"""Where there is no pyspark, these tests are not there: `make test` has a part of its own (tests/integration/test_on_spark.py)."""

from importlib.util import find_spec

collect_ignore_glob = ["test_*.py"] if find_spec("pyspark") is None else []
