"""Exceptions that a caller can cause.

Every message is one sentence: what was wrong, with the value, and what to do instead.

    >>> from fixlip_widget import Explainer
    >>> Explainer.demo().explain("no-such-file.png", "a red cat")
    Traceback (most recent call last):
    ...
    fixlip_widget.errors.InputError: There is no image file no-such-file.png; check the path.
"""

MAX_MESSAGE = 600
"""Characters of a message; what it quotes may be a whole book."""


class InputError(ValueError):
    """An argument, a file or the environment does not allow what was asked for.

    Args:
        message: the sentence. A long one loses its middle, which is what it quotes, and keeps the advice at its end;
            line breaks and other characters that cannot be printed are escaped.
    """

    def __init__(self, message: str) -> None:
        super().__init__(shortened("".join(map(_printable, message)), MAX_MESSAGE))


def shortened(text: str, length: int) -> str:
    """The text, or where it has more characters than `length` its first and its last ones around an ellipsis."""
    return text if len(text) <= length else f"{text[: length // 2]} … {text[-(length // 2) :]}"


def _printable(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]


class CancelledError(Exception):
    """`cancel` returned true before enough masks were encoded for an explanation."""
