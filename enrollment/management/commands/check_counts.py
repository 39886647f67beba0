from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from ctms.accounts.models import Sponsor
from ctms.core.acting import in_sponsor
from enrollment.services.counts import wrong_counts
from sites.models import Site


class Command(BaseCommand):
    help = "Compares the counts of subjects with the subjects themselves. Exit 1, with the sites, where they differ."

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = []
        for sponsor in Sponsor.objects.order_by("code"):
            with transaction.atomic(), in_sponsor(sponsor.pk):
                sites = Site.everything.filter(pk__in=wrong_counts()).select_related("study")
                wrong += [f"{sponsor}: {site.study} {site}" for site in sites]
        if wrong:
            raise CommandError("Counts differ from subjects at " + "; ".join(wrong))
        self.stdout.write("All counts of subjects are right.")
