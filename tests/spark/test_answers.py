"""A server of Spark Connect that answers, but asks to be tried again: it is, for as long as a silent one (spec §14.3)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from caw.settings import SettingsError
from caw_dagster.engines.spark_outage import given_up_soon
from tests.support.both_engines import needs_spark
from tests.support.spark_elsewhere import LOOPBACK

pytestmark = needs_spark
SETTING = "spark.sql.ansi.enabled"


def preempted() -> Any:
    """What a server says of a stream that another call has taken over."""
    code = import_module("grpc").StatusCode.INTERNAL
    return _status(code, "[INVALID_CURSOR.DISCONNECTED] The cursor has been disconnected by the server.")


def busy() -> Any:
    """What a server says that wants to be asked again later, whatever the error."""
    details = import_module("google.rpc.error_details_pb2").RetryInfo()
    details.retry_delay.FromMilliseconds(1)
    return _status(import_module("grpc").StatusCode.RESOURCE_EXHAUSTED, "too many", details)


def refused() -> Any:
    """An error that another try does not mend."""
    return _status(import_module("grpc").StatusCode.INTERNAL, "a mistake in the statement")


def _status(code: Any, words: str, *details: Any) -> Any:
    status = import_module("google.rpc.status_pb2").Status(code=code.value[0], message=words)
    for one in details:
        status.details.add().Pack(one)
    return import_module("grpc_status.rpc_status").to_status(status)


@contextmanager
def answering(says: Callable[[], Any], times: int | None) -> Iterator[Any]:
    """A session's client before a server that says this so many times, then what it is asked for; for ever, without a number."""
    grpc, messages = import_module("grpc"), import_module("pyspark.sql.connect.proto")
    asked: list[object] = []

    def config(request: Any, context: Any) -> Any:
        asked.append(request)
        if times is None or len(asked) <= times:
            context.abort_with_status(says())
        answer = messages.ConfigResponse(session_id=request.session_id, server_side_session_id="one")
        answer.pairs.add(key=SETTING, value="true")
        return answer

    handler = grpc.unary_unary_rpc_method_handler(
        config, messages.ConfigRequest.FromString, messages.ConfigResponse.SerializeToString
    )
    server = grpc.server(ThreadPoolExecutor(2))
    service = grpc.method_handlers_generic_handler("spark.connect.SparkConnectService", {"Config": handler})
    server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    server.start()
    try:
        yield import_module("pyspark.sql.connect.client").SparkConnectClient(f"sc://{LOOPBACK}:{port}")
    finally:
        server.stop(0)


@pytest.mark.parametrize("says", [preempted, busy])
def test_a_server_that_asks_to_be_tried_again_is(says: Callable[[], Any]) -> None:
    """A run that ends since one of its calls was taken over by the next, or came when the server had no room."""
    with answering(says, times=2) as client, given_up_soon(SimpleNamespace(client=client)):
        assert client.get_configs(SETTING) == ("true",)


@pytest.mark.parametrize("says", [preempted, busy])
def test_one_that_asks_for_nothing_else_is_given_up(says: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that holds its lock for ever, at a server that never has room."""
    monkeypatch.setattr("caw_dagster.engines.spark_outage.PATIENCE_SECONDS", 0.5)
    with (
        pytest.raises(SettingsError, match="stopped answering"),
        answering(says, times=None) as client,
        given_up_soon(SimpleNamespace(client=client)),
    ):
        client.get_configs(SETTING)


def test_an_error_that_another_try_does_not_mend_passes() -> None:
    """A mistake in a statement that is said to be a dead server, after half a minute."""
    with (
        pytest.raises(Exception, match="a mistake in the statement"),
        answering(refused, times=1) as client,
        given_up_soon(SimpleNamespace(client=client)),
    ):
        client.get_configs(SETTING)
