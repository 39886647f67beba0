from typing import Any

from django.core.management.base import BaseCommand

from audit.gaps import gaps


class Command(BaseCommand):
    """Compares every record with the newest row of its history. Exit 1 and a line per gap where they differ."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        found = [str(gap) for gap in gaps()]
        if found:
            self.stdout.write("\n".join(found))
            self.stderr.write(f"{len(found):,} records are not as the newest row of their history says.")
            raise SystemExit(1)
        self.stdout.write("No gaps: every record is as the newest row of its history says.")
