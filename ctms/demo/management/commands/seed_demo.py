import os
import secrets
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from ctms.accounts.models import Sponsor
from ctms.core.acting import acting, in_sponsor
from ctms.demo import cast, making, outside
from ctms.studies.models import Study, VisitSchedule
from sites.models import Site


class Command(BaseCommand):
    help = "Puts the demo into the database, all of it or nothing; a second time only the password. Prints who is who."
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            password = os.environ.get("CTMS_DEMO_PASSWORD")
            if not Sponsor.objects.filter(code="north").exists():
                self._make(password or secrets.token_urlsafe())
            elif password:
                cast.set_passwords(password)
        port = int(os.environ.get("CTMS_SIMULATORS_PORT") or 8001)
        for sponsor in Sponsor.objects.order_by("code"):
            with transaction.atomic(), in_sponsor(sponsor.pk):
                with acting(cast.SET_UP, reason="Where the simulated systems run", by_person=True):
                    outside.point_at(port)
                self.stdout.write(f"{sponsor}: {_trial()}")
        self.stdout.write(f"\n{cast.introduction()}")

    def _make(self, password: str) -> None:
        began = time.monotonic()
        steps = making.make(password=password)
        took = time.monotonic() - began
        self.stderr.write(f"Played {steps:,} steps of the trial's simulated history in {took:.0f} s")


def _trial() -> str:
    """The open sponsor's trial in a line: what was loaded."""
    study = Study.objects.get()
    sites, countries = Site.objects.count(), study.studycountry_set.count()
    schedule = VisitSchedule.objects.order_by("number").last()
    plan = f"{schedule.visits.count()} visits" if schedule else "no visit schedule"
    return f"{study.protocol_no}, {sites} sites in {countries} countries, {plan}"
