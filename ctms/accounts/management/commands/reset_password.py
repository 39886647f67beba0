import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from ctms.accounts.models import User
from ctms.accounts.models.users import fold
from ctms.accounts.services.passwords import reset_password
from ctms.accounts.services.second_steps import reset_second_step
from ctms.core import clock
from ctms.core.acting import Channel, Service, acting


class Command(BaseCommand):
    help = "Ends a person's sessions and tokens, prints a password for once. Make sure first who is asking."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--second-step", action="store_true", help="They lost app and recovery codes as well.")
        parser.add_argument("--reason", required=True, help="For the trail: who asked, and how you made sure.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=fold(options["username"]), is_active=True).first()
        if user is None:
            self.stderr.write("Nobody active has this user name.")
            sys.exit(2)
        who = Service("Operator")
        with transaction.atomic(), acting(who, reason=options["reason"], channel=Channel.COMMAND, by_person=True):
            password = reset_password(user=user, at=clock.now())
            if options["second_step"]:
                reset_second_step(user=user)
        self.stdout.write(f"{user.full_name} signs in as {user.username} with {password}, and then chooses another.")
