"""What every test finds: the demo's two sponsors, cast and trials, and the history of the sites in two countries."""

import os

import django
from django.db import transaction


def seed() -> None:
    from ctms.accounts.models import User
    from ctms.core.acting import on_simulated_day
    from ctms.demo import cast, making
    from ctms.demo.calendar import BEGINS, noon

    with transaction.atomic():
        making.make(countries=("DE", "US"))
        with on_simulated_day(noon(BEGINS)):
            cast.set_passwords(PASSWORD)
        assert User.objects.filter(is_active=True).count() == len(cast.CAST) + len(cast.ADMINISTRATORS)


PASSWORD = "correct horse battery staple"

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ctms.settings")
    django.setup()
    seed()
