from typing import Any

from django.core.management.base import BaseCommand

from ctms.reporting import generated


class Command(BaseCommand):
    help = "Writes the generated pages of docs/ from the code."
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *args: Any, **options: Any) -> None:
        changed = generated.write()
        self.stdout.write(f"Written anew: {', '.join(changed)}" if changed else "The generated pages are current.")
