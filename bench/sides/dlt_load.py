"""dlt loading the same files into DuckDB, as its documentation begins: JSON Lines of a folder, one resource a feed.

Runs in an environment of its own (requirements/bench.lock), so it imports nothing of this project. Loading only: it
makes no event tables and leaves no counts.
"""

import sys
from pathlib import Path

import dlt
from dlt.sources.filesystem import filesystem, read_jsonl


def main(landing: Path, work: Path) -> None:
    """Load every feed into work/dlt.duckdb."""
    feeds = sorted({path.name for path in landing.glob("*/*") if path.is_dir()})
    resources = [
        (filesystem(bucket_url=landing.as_uri(), file_glob=f"*/{feed}/**/*.jsonl") | read_jsonl()).with_name(feed)
        for feed in feeds
    ]
    pipeline = dlt.pipeline(
        pipeline_name="bench",
        pipelines_dir=str(work / "pipelines"),
        destination=dlt.destinations.duckdb(str(work / "dlt.duckdb")),
        dataset_name="landed",
    )
    pipeline.run(resources)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
