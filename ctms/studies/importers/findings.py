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


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: "1 site", "1,200 sites"."""
    return f"1 {singular}" if number == 1 else f"{number:,} {plural or singular + 's'}"


def listed(names: list[str], *, most: int = 6) -> str:
    """The first few names in quotes, and how many more there are."""
    shown = ", ".join(f'"{name}"' for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
