"""A thread pool whose results come back in the order in which the work was submitted.

NumPy, Arrow and DuckDB let other threads run while they work, so that threads are enough to use every processor.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True)
class Job(Generic[K, T]):
    """A piece of work.

    Attributes:
        key: what it belongs to.
        work: run by some thread; None for a job that only marks a place among the others.
        weight: what it takes until its result is taken, in the unit of the bound of `ordered_results`.
    """

    key: K
    work: Callable[[], T] | None = None
    weight: int = 0


@contextmanager
def worker_threads(threads: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of threads, none of which outlives the block; work that has not begun when the block fails is dropped."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="ingest")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def ordered_results(
    pool: ThreadPoolExecutor, jobs: Iterable[Job[K, T]], most: int
) -> Iterator[tuple[K, Callable[[], T] | None]]:
    """Run jobs in the pool, and yield each one's key and result in the order of the jobs.

    The result is a function that waits for it, and raises what the work raised; None where there was no work.

    Args:
        pool: the threads.
        jobs: taken one by one, in the caller's thread, as far ahead as the bound allows.
        most: jobs that together weigh more wait until results have been taken; a single one may weigh more.
    """
    given: deque[tuple[Job[K, T], Future[T] | None]] = deque()
    weight = 0
    for job in jobs:
        given.append((job, None if job.work is None else pool.submit(job.work)))
        weight += job.weight
        while given and (weight > most or _is_done(given[0][1])):
            weight -= given[0][0].weight
            yield _taken(given)
    while given:
        yield _taken(given)


def _is_done(future: "Future[T] | None") -> bool:
    return future is None or future.done()


def _taken(given: "deque[tuple[Job[K, T], Future[T] | None]]") -> tuple[K, Callable[[], T] | None]:
    job, future = given.popleft()
    return job.key, None if future is None else future.result
