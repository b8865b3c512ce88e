"""What a person is meant to read when something does not fit."""


class UserError(Exception):
    """A mistake that the person at the keyboard can mend.

    The message says what was wrong, where (configuration key or file) and what would be right. The command
    line prints it on its own, without a traceback, and exits with status 2.
    """


class ArgumentError(UserError):
    """An argument that does not suit the data, by its bare name first: who calls puts the configuration key before."""
