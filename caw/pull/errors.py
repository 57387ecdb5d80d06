"""The error of a row that could not be pulled, in words for people: no data, no key and no address in it."""


class PullError(Exception):
    """A row cannot be pulled now; what was written before stays, and the next pull goes on from there."""


class NextPageElsewhere(PullError):
    """A next page is on another host, to which the key must not go."""


class AnswerRefused(PullError):
    """The vendor answered with a status that trying again does not change."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.status = status
