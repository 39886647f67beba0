"""What a reader noticed: each assumption it made and everything it could not use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a person should know about what was read."""

    code: str  # UPPER_SNAKE, for counting and filtering
    where: str  # the place in the file: "contactsLocationsModule.locations[12]" or "timing TIM6"
    message: str  # one plain sentence


class Findings(list[Finding]):
    """The findings of one reading, in the order they were made."""

    def add(self, code: str, where: str, message: str) -> None:
        self.append(Finding(code, where, message))
