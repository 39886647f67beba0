from typing import Any

from django.core.management.commands import migrate
from django.db import connections, transaction

from ctms.core import protect
from ctms.core.acting import Channel, Service, acting


class Command(migrate.Command):
    """Django's migrate as an act in the trail; at its end trail, guards, policies and grants are as declared."""

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(Service("Migration"), reason="Database migration", channel=Channel.MIGRATION):
            super().handle(*args, **options)
        to_the_end = not options.get("app_label") and not options.get("plan") and not options.get("check_unapplied")
        if to_the_end:
            with transaction.atomic(using=options["database"]), connections[options["database"]].cursor() as cursor:
                protect.everything(cursor)
