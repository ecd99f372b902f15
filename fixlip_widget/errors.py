"""Exceptions that a caller can cause.

Every message is one sentence: what was wrong, with the value, and what to do instead.

    >>> from fixlip_widget import Explainer
    >>> Explainer.demo().explain("no-such-file.png", "a red cat")
    Traceback (most recent call last):
    ...
    fixlip_widget.errors.InputError: There is no image file no-such-file.png; check the path.
"""


class InputError(ValueError):
    """An argument, a file or the environment does not allow what was asked for."""


class CancelledError(Exception):
    """`cancel` returned true before enough masks were encoded for an explanation."""
