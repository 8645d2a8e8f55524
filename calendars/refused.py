"""What is raised when a busy calendar is not taken: its text is refused, or it was not fetched.

Neither ever means "free": whoever holds an earlier reading keeps it, and shows its age.
"""


class CalendarRefused(Exception):
    """The text was not taken as a calendar. `str()` is a sentence for people, without any of the text's words.

    `code` is a stable word: "not_a_calendar", "truncated", "unbalanced", "unsupported", "too_big", "too_many",
    "too_often" (repeats that would take too long), "too_slow" (the deadline passed), "unreadable".
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class FetchFailed(Exception):
    """The calendar's address gave no calendar. `str()` is a sentence for people, without the address (a secret).

    `code` is a stable word: "bad_address", "private_address", "unknown_host", "unreachable", "bad_certificate",
    "too_slow", "too_big", "too_many_redirects", "insecure_redirect", "needs_sign_in", "not_found", "asked_to_wait",
    "server_error", "broken_answer".
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
