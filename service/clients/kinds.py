"""Why a file is not taken."""

from enum import StrEnum


class Reason(StrEnum):
    """What is wrong with it, in one word."""

    KIND = "kind"
    MISMATCH = "mismatch"
    EMPTY = "empty"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    MACROS = "macros"
    ACTIVE = "active"
    EMBEDDED = "embedded"
    REACHES_OUT = "reaches_out"
    LINKED = "linked"
    PICTURE = "picture"
    INFLATED = "inflated"
    NESTED = "nested"
    NAMES = "names"
    INCOMPLETE = "incomplete"


class UnknownType(ValueError):
    """Not one of the kinds of file that are taken, or one that could harm whoever opens it.

    `inside` is the name of the entry of an archive that is meant; empty for the file itself.
    """

    def __init__(self, reason: Reason = Reason.KIND, inside: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.inside = inside
