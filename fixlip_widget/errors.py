"""What a user can cause."""


class InputError(ValueError):
    """Something the user gave cannot be used; the message is one sentence that says what and how to mend it."""


class CancelledError(Exception):
    """The caller asked to stop before there was anything to give back."""
