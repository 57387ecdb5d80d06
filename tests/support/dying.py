"""A function that ends the process, as far as what it leaves behind goes."""

from collections.abc import Callable


class Died(BaseException):
    """The process ended here: nothing catches this but the test."""


def dying(after: int, original: Callable[..., object]) -> Callable[..., object]:
    """The same function, until it has been called so many times."""
    left = [after]

    def call(*arguments: object, **named: object) -> object:
        if left[0] == 0:
            raise Died
        left[0] -= 1
        return original(*arguments, **named)

    return call
