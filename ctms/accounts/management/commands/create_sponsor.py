import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from ctms.accounts.services.people import found_sponsor
from ctms.core import clock
from ctms.core.acting import Channel, Service, acting
from ctms.core.refusals import Refusal


class Command(BaseCommand):
    help = "Makes a sponsor and its first administrator, and prints a password for the first sign-in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="Stands in every address: lower-case letters, digits, hyphens.")
        parser.add_argument("name", help="What the sponsor is called.")
        parser.add_argument("--administrator", metavar="USERNAME", required=True, help="Who adds everybody else.")
        parser.add_argument("--name", metavar="NAME", dest="full_name", required=True, help="Their full name.")
        parser.add_argument("--email", default="")
        parser.add_argument("--time-zone", default="UTC", metavar="ZONE", help="As in the IANA database.")
        parser.add_argument("--reason", default="Setting up the sponsor", help="For the trail, a ticket perhaps.")

    def handle(self, *args: Any, **options: Any) -> None:
        said = {name: options[name] for name in ("code", "administrator", "full_name", "email", "time_zone")}
        who = Service("Operator")
        try:
            with transaction.atomic(), acting(who, reason=options["reason"], channel=Channel.COMMAND, by_person=True):
                user, password = found_sponsor(name=options["name"], at=clock.now(), **said)
        except Refusal as refusal:
            fields = (f"{name}: {words}" for name, words in refusal.fields.items())
            self.stderr.write(" ".join((refusal.message, *fields)))
            sys.exit(2)
        self.stdout.write(f"{options['name']}: /in/{options['code']}/")
        self.stdout.write(f"{user.full_name} signs in as {user.username} with {password}, and then chooses another.")
