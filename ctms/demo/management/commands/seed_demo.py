import os
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from ctms.accounts.models import Sponsor, User
from ctms.core.acting import in_sponsor, on_simulated_day
from ctms.demo import cast, history
from ctms.demo.calendar import BEGINS, noon
from ctms.studies.models import Study, VisitSchedule
from sites.models import Site
from sites.services.load_trial import load_trial

_DATA = Path(__file__).resolve().parents[2] / "data"
TRIALS = {
    "north": (_DATA / "ctgov_v2" / "NCT05925803.json", _DATA / "usdm" / "CDISC_Pilot_Study.json"),
    "south": (_DATA / "ctgov_v2" / "NCT05816382.json", None),
}


class Command(BaseCommand):
    help = "Puts the demo into the database, all of it or nothing; a second time only the password. Prints who is who."
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            if not Sponsor.objects.filter(code="north").exists():
                self._seed()
            if password := os.environ.get("CTMS_DEMO_PASSWORD"):
                cast.set_passwords(password)
        for sponsor in Sponsor.objects.order_by("code"):
            with transaction.atomic(), in_sponsor(sponsor.pk):
                self.stdout.write(f"{sponsor}: {_trial()}")
        self.stdout.write(f"\n{cast.introduction()}")

    def _seed(self) -> None:
        began = time.monotonic()
        with on_simulated_day(noon(BEGINS)):
            sponsors = cast.make_sponsors()
            for code, (registry, protocol) in TRIALS.items():
                load_trial(registry=registry, protocol=protocol, sponsor_code=code, at=noon(BEGINS))
        for sponsor in sponsors.values():
            with in_sponsor(sponsor.pk):
                people = self._people(sponsor)
                if sponsor.code == "north":
                    sites = Site.objects.select_related("country", "facility").order_by("number")
                    steps = history.play(list(sites), people)
                    self._say(
                        f"Played {steps:,} steps of the sites' simulated history in {time.monotonic() - began:.0f} s"
                    )

    def _people(self, sponsor: Sponsor) -> dict[str, User]:
        with on_simulated_day(noon(BEGINS)):
            return cast.make_cast(sponsor, Study.objects.select_related("scope").get())

    def _say(self, words: str) -> None:
        self.stderr.write(words)


def _trial() -> str:
    """The open sponsor's trial in a line: what was loaded."""
    study = Study.objects.get()
    sites, countries = Site.objects.count(), study.studycountry_set.count()
    schedule = VisitSchedule.objects.order_by("number").last()
    plan = f"{schedule.visits.count()} visits" if schedule else "no visit schedule"
    return f"{study.protocol_no}, {sites} sites in {countries} countries, {plan}"
