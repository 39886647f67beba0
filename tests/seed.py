"""What every test finds: the demo's two sponsors, cast and trials, and the history of the sites in two countries."""

import os

import django
from django.db import transaction


def seed() -> None:
    from ctms.accounts.models import User
    from ctms.core.acting import in_sponsor, on_simulated_day
    from ctms.demo import cast, history
    from ctms.demo.calendar import BEGINS, noon
    from ctms.demo.management.commands.seed_demo import TRIALS
    from ctms.studies.models import Study
    from sites.models import Site
    from sites.services.load_trial import load_trial

    with transaction.atomic(), on_simulated_day(noon(BEGINS)):
        sponsors = cast.make_sponsors()
        for code, (registry, protocol) in TRIALS.items():
            load_trial(registry=registry, protocol=protocol, sponsor_code=code, at=noon(BEGINS))
        for sponsor in sponsors.values():
            with in_sponsor(sponsor.pk):
                people = cast.make_cast(sponsor, Study.objects.select_related("scope").get())
                if sponsor.code == "north":
                    sites = Site.objects.filter(country__country__in=("DE", "US")).order_by("number")
                    history.play(list(sites.select_related("country", "facility")), people)
        cast.set_passwords(PASSWORD)
        assert User.objects.filter(is_active=True).count() == len(cast.CAST) + len(cast.ADMINISTRATORS)


PASSWORD = "correct horse battery staple"

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ctms.settings")
    django.setup()
    seed()
