"""What the rota refuses, and what to do instead."""

from dataclasses import dataclass

from people.errors import Refused


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong in a programme file, at a key path such as `ladder.rungs[2].by`."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class BadProgrammeFile(Refused):
    """The file was refused as a whole; `mistakes` names every one that was found."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(
            "\n".join(str(mistake) for mistake in mistakes), field=mistakes[0].path, code="bad_file"
        )
        self.mistakes = tuple(mistakes)


class CannotPublish(Refused):
    """Days of the rota are published already, or cannot stand as they are; nothing was published."""


class CannotPlan(Refused):
    """No rota can be planned like this, or one is being planned already."""


class CannotChangeDraft(Refused):
    """The draft cannot be changed like this, or is none any more."""


class CannotReassign(Refused):
    """The duty cannot go to this person."""


class CannotSwap(Refused):
    """The duty cannot change hands like this, or not any more."""


class CannotCover(Refused):
    """No cover can be sought for this duty, or the proposal no longer holds."""


class CannotAnswer(Refused):
    """The invitation cannot be answered like this, or not any more."""


class CannotChangeAbsence(Refused):
    """The absence does not fit beside another one, or is decided, withdrawn or over."""
