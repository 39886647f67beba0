"""What every test finds: the demo's two sponsors, cast and trials, and some months of the sites in two countries."""

import os

import django
from django.db import transaction

from tests.calendar import SHOWN_FROM, TODAY


def seed() -> None:
    from ctms.accounts.models import User
    from ctms.demo import cast, making

    with transaction.atomic():
        making.make(password=PASSWORD, countries=("DE", "US"), until=TODAY)
        _fill_a_desk()
        assert User.objects.filter(is_active=True).count() == len(cast.CAST) + len(cast.ADMINISTRATORS)


def _fill_a_desk() -> None:
    """One of everything on Petra's desk at Sponsor North, so that its pages are walked with something on them."""
    from ctms.accounts.models import Sponsor, User
    from ctms.core.acting import Channel, acting, in_sponsor
    from ctms.demo.calendar import BEGINS, noon
    from ctms.desk.services import outbox
    from ctms.desk.services.calendar import make_link
    from ctms.desk.services.digests import send_digest
    from ctms.desk.services.jobs import start_job
    from ctms.desk.services.views import save_view

    petra, north = User.objects.get(username="petra"), Sponsor.objects.get(code="north")
    with in_sponsor(north.pk), acting(petra, reason="Filling a desk", channel=Channel.WEB):
        asked = {"sponsor": "north", "address": "/in/north/s/D3460C00002/sites/"}
        start_job(kind="list", arguments=asked, title="Sites of D3460C00002 as Excel", by=petra, at=SHOWN_FROM)
        save_view(path=asked["address"], query="country=DE", name="Germany", shared="PRIVATE", by=petra)
        send_digest(user=petra, sponsor=north, since=noon(BEGINS), at=SHOWN_FROM)
        make_link(by=petra, at=SHOWN_FROM)
        while outbox.deliver_next():
            pass


PASSWORD = "correct horse battery staple"

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ctms.settings")
    django.setup()
    seed()
