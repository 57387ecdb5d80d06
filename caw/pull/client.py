"""Asks a vendor: a session of requests, its pace, patience with what passes, and no key to any other host.

What passes is a 429, a 5xx, a time-out or a connection that is cut: the wait is the vendor's Retry-After, else
urllib3's back-off, for ten minutes in all. What does not belong here: what is asked (klaviyo.py), and what is made of
it.
"""

import time
from collections.abc import Callable, Mapping
from typing import Self
from urllib.parse import urlencode

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, LocationParseError, MaxRetryError
from urllib3.util import Retry, Url, parse_url

from caw.limits import DEFAULT_LIMITS, MIB
from caw.pull.errors import AnswerRefused, NextPageElsewhere, PullError
from caw.version import package_version

PATIENCE = 600.0  # seconds for one answer, waits included
PATIENCE_TO_CONNECT = 60.0  # seconds: where nobody listens the address is wrong, or the next pull comes soon enough
TIMEOUTS = (10.0, 60.0)  # seconds to connect, and between two pieces of an answer
MOST_BYTES = DEFAULT_LIMITS.document  # of an answer, unpacked: it is parsed whole, in memory
BACKOFF, MOST_BACKOFF = 0.5, 60.0  # seconds
TOO_MANY = 429
REFUSED_KEY = frozenset({401, 403})
DEFAULT_PORTS = {"https": 443, "http": 80}


class _Passing(Exception):
    """Something that may be over in a moment; `wait` is what the vendor asks for, in seconds."""

    def __init__(self, words: str, wait: float | None = None, is_connected: bool = True) -> None:
        super().__init__(words)
        self.wait = wait
        self.is_connected = is_connected


class _Key(AuthBase):
    """Puts the key into a request, so that requests looks for none in a .netrc."""

    def __init__(self, header: str) -> None:
        self.header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self.header
        return request


class Client:
    """One vendor's API under one key.

    Args:
        address: the one before the paths, checked (rows.py).
        authorization: the header that has the key.
        headers: the others of every request.
        how_to_mend: what to set where the key is refused, one sentence.
        on_wait: called with what passed and how long the wait is.
    """

    def __init__(
        self,
        address: str,
        authorization: str,
        headers: Mapping[str, str],
        how_to_mend: str,
        on_wait: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.address = parse_url(address)
        self.how_to_mend = how_to_mend
        self.on_wait = on_wait
        self.requests = 0
        self.free_at = 0.0  # of time.monotonic: before, the next request would break the pace
        self.session = requests.Session()
        self.session.auth = _Key(authorization)
        self.session.headers.update({**headers, "user-agent": f"caw/{package_version()}"})
        # The environment's proxies and certificates count for https; what goes to this machine leaves it by no proxy.
        self.session.trust_env = self.address.scheme == "https"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def get(self, path: str, parameters: Mapping[str, str], per_minute: int) -> bytes:
        """Ask for a path below the address; the rest is as for `follow`."""
        return self._answer(f"{self.address.url.rstrip('/')}{path}?{urlencode(parameters)}", per_minute)

    def follow(self, url: str, per_minute: int) -> bytes:
        """Ask for the page that an answer named as its next.

        Args:
            url: as it was named; nothing is asked of another host.
            per_minute: requests that the vendor allows.

        Returns:
            The body, unpacked.

        Raises:
            NextPageElsewhere: it leads to another host.
            PullError: the vendor refuses, or what passes did not pass.
        """
        if not self._is_ours(url):
            raise NextPageElsewhere(
                "the answer's next page is on another host, which the key must not go to: nothing is asked of it"
            )
        return self._answer(url, per_minute)

    def _is_ours(self, url: str) -> bool:
        try:
            named = parse_url(url)
        except LocationParseError:
            return False
        return named.auth is None and _origin(named) == _origin(self.address)

    def _answer(self, url: str, per_minute: int) -> bytes:
        began = time.monotonic()
        policy = Retry(total=None, backoff_factor=BACKOFF, backoff_max=MOST_BACKOFF, retry_after_max=int(PATIENCE) + 1)
        while True:
            self._keep_pace(per_minute)
            try:
                return self._asked(url, policy, began + PATIENCE)
            except _Passing as passing:
                policy = policy.increment("GET", "/", error=Exception())
                wait = policy.get_backoff_time() if passing.wait is None else passing.wait
                patience = PATIENCE if passing.is_connected else PATIENCE_TO_CONNECT
                if time.monotonic() - began + wait > patience:
                    raise PullError(f"{passing}, and waiting did not help: pull again later") from None
                self.on_wait(f"{passing}; trying again in {max(wait, 1):.0f} s")
                time.sleep(wait)

    def _keep_pace(self, per_minute: int) -> None:
        time.sleep(max(0.0, self.free_at - time.monotonic()))
        self.free_at = time.monotonic() + 60 / per_minute
        self.requests += 1

    def _asked(self, url: str, policy: Retry, deadline: float) -> bytes:
        """One request; raises PullError, and _Passing where another may help."""
        try:
            with self.session.get(url, timeout=TIMEOUTS, allow_redirects=False, stream=True) as response:
                self._check(response, policy)
                return _body(response, deadline)
        except requests.exceptions.SSLError:
            raise PullError(
                "the vendor's certificate cannot be verified: see to this machine's and the address"
            ) from None
        except requests.exceptions.ReadTimeout:
            raise _Passing("the vendor does not answer in time") from None
        except requests.exceptions.ChunkedEncodingError:
            raise _Passing("the vendor's answer was cut off") from None
        except requests.exceptions.ContentDecodingError:
            raise PullError("the vendor's answer cannot be unpacked: pull again later") from None
        except requests.exceptions.ConnectionError as refused:  # ConnectTimeout too
            raise _Passing("the vendor cannot be reached", is_connected=_had_begun(refused)) from None
        except (requests.exceptions.RequestException, HTTPError, UnicodeError) as refused:
            raise PullError(f"the request could not be made ({type(refused).__name__}): see to the address") from None

    def _check(self, response: requests.Response, policy: Retry) -> None:
        status = response.status_code
        if status in REFUSED_KEY:
            raise AnswerRefused(f"the key was refused (HTTP {status}): {self.how_to_mend}", status)
        if status == TOO_MANY or status >= 500:
            raise _Passing(f"the vendor answers HTTP {status}", _retry_after(response, policy))
        if 300 <= status < 400:
            raise AnswerRefused(
                f"the vendor redirects (HTTP {status}), which is not followed, as the key would go there: see to the "
                "address",
                status,
            )
        if status != 200:
            raise AnswerRefused(f"the vendor refuses the request (HTTP {status}): see to pulls.csv", status)


def _origin(url: Url) -> tuple[str | None, str | None, int | None]:
    return url.scheme, url.host, url.port or DEFAULT_PORTS.get(url.scheme or "")


def _body(response: requests.Response, deadline: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    for piece in response.iter_content(MIB):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            raise PullError(f"the vendor's answer is over {MOST_BYTES // MIB} MiB, which is the limit")
        if time.monotonic() > deadline:
            raise PullError("the vendor's answer did not end: pull again later")
    return b"".join(pieces)


def _retry_after(response: requests.Response, policy: Retry) -> float | None:
    given = response.headers.get("Retry-After")
    try:
        return None if given is None else policy.parse_retry_after(given)
    except Exception:  # urllib3's InvalidHeader, or an overflow of its arithmetic: a header is anybody's text
        return None


def _had_begun(error: requests.exceptions.ConnectionError) -> bool:
    """Whether there was a connection, which was then cut."""
    return not (error.args and isinstance(error.args[0], MaxRetryError))
