"""Work of several threads whose results are taken in order: nothing is lost, doubled, or left running."""

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from caw.host.ordered_pool import Job, ordered_results, worker_threads


def slow_first(number: int) -> int:
    time.sleep(0.05 if number % 4 == 0 else 0)
    return number * 10


def ingest_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("ingest")]


def test_results_come_in_the_order_of_the_jobs_whichever_is_done_first() -> None:
    jobs = [Job(number, partial(slow_first, number) if number % 3 else None, 1) for number in range(20)]
    with worker_threads(3) as pool:
        taken = [(key, result and result()) for key, result in ordered_results(pool, jobs, 5)]
    assert taken == [(number, number * 10 if number % 3 else None) for number in range(20)]


def test_no_more_is_given_than_may_be_in_flight() -> None:
    """Files of any size would be read into memory as fast as the disk gives them."""
    given = taken = 0
    most = 0

    def jobs() -> Iterator[Job[int, int]]:
        nonlocal given, most
        for number in range(50):
            given += 1
            most = max(most, given - taken)
            yield Job(number, partial(slow_first, number), 10)

    with worker_threads(2) as pool:
        for _, result in ordered_results(pool, jobs(), 30):
            assert result is not None
            result()
            taken += 1
    assert taken == 50
    assert most <= 30 // 10 + 2, "what may be in flight, the one that is over it, and the one that is being read"


def test_a_single_job_may_weigh_more_than_all_that_may_be_in_flight() -> None:
    with worker_threads(1) as pool:
        assert [result() for _, result in ordered_results(pool, [Job(0, partial(slow_first, 1), 99)], 5) if result] == [
            10
        ]


@pytest.mark.parametrize("ends_with", [ValueError, KeyboardInterrupt])
def test_whatever_ends_the_work_leaves_no_thread_and_begins_nothing_more(ends_with: type[BaseException]) -> None:
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.02)
        if number == 2:
            raise ends_with

    with pytest.raises(ends_with), worker_threads(2) as pool:
        for _, result in ordered_results(pool, [Job(number, partial(work, number)) for number in range(200)], 10):
            assert result is not None
            result()
    assert ingest_threads() == []
    assert len(begun) < 100
