"""Errors whose message is for the user."""


class UserError(Exception):
    """A mistake that the user can correct.

    The message says what is wrong, where (configuration key or file), and what would be right. The command line prints
    it without a traceback and exits with status 2.
    """


class ArgumentError(UserError):
    """An argument that does not suit the data; the message starts with its name, and the caller adds the group."""
