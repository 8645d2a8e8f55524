"""What a verb raises when it will not do what was asked: one family, so that one place can answer it."""


class Refused(Exception):
    """A verb said no and changed nothing. `str()` says what is wrong and what would be right.

    `field` names the input that is wrong ("" when it is none in particular); `code` is a stable word for
    programs, such as "refused", "unknown" or "too_long". Rooms subclass it where the caller must tell cases
    apart.
    """

    def __init__(self, message: str, *, field: str = "", code: str = "refused") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code

    def __str__(self) -> str:
        return self.message
