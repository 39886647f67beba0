"""The demo's other systems: a study's EDC, IRT and eTMF, simulated, connected by those who would, read on some days."""

import os
from datetime import date, datetime, timedelta

import httpx
from django.test import Client

from ctms.accounts.models import Sponsor, User
from ctms.accounts.services.tokens import issue_token
from ctms.core.acting import Channel, acting
from ctms.demo.calendar import evening
from ctms.demo.pen import Pen
from ctms.demo.steps import Step
from ctms.integrations.models import Connection, Format
from ctms.integrations.services import connections
from ctms.integrations.services.feeding import read_connection
from ctms.integrations.simulators import published, serve
from ctms.integrations.simulators.app import Simulators
from ctms.integrations.simulators.rave import ENVIRONMENT
from ctms.integrations.simulators.serving import PASSWORD, TOKEN, USER
from ctms.integrations.simulators.world import World
from ctms.studies.models import Study

_PATHS = {Format.RWS: "RaveWebServices/", Format.CTMS_IRT_1: "irt/", Format.VAULT: "vault/"}
_NAMES = {Format.RWS: "EDC (simulated)", Format.CTMS_IRT_1: "IRT (simulated)", Format.VAULT: "eTMF (simulated)"}
_PORT = 8001  # of the simulators, until the demo says otherwise
_CONNECTED = date(2024, 1, 8)
_READ = (  # a real system is read all day long; here a few days have to do
    date(2024, 2, 5), date(2024, 4, 8), date(2024, 5, 28), date(2024, 7, 16), date(2024, 8, 26),
)  # fmt: skip
_IN_TROUBLE = date(2024, 7, 15)  # the IRT was down; the next day it was read again


class Outside:
    """The other systems of the open sponsor's study, and what of the study they knew when they were last read."""

    def __init__(self, sponsor: Sponsor, people: dict[str, User]) -> None:
        self.sponsor, self.people = sponsor, people
        self.study = Study.objects.select_related("scope").get()
        self.key = ""
        self.world: World | None = None
        self.simulators = Simulators(self._now)

    def connects(self, by: User, at: datetime, pen: Pen) -> None:
        """Connects them, signs the mappings, and reads each for the first time."""
        self.key = _key(self.sponsor, by, at)
        _keep(f"{self.key} {self.study.slug}")
        for format in _PATHS:
            _connection(self.study, format, by, self.people["petra"], pen, at)
        self.reads(by, at, pen)

    def reads(self, by: User, at: datetime, pen: Pen) -> None:
        """Reads each of them."""
        before = self.world.published if self.world else None
        self.world = World.lived(published.read(_asking(self.key), self.study.slug, before=before))
        transport = httpx.WSGITransport(app=self.simulators)
        for connection in Connection.objects.filter(name__in=_NAMES.values()).order_by("pk"):
            read_connection(connection, now=lambda: at, transport=transport, wait=lambda seconds: None)

    def is_down(self, by: User, at: datetime, pen: Pen) -> None:
        """Reads them on a day on which one of them does not answer."""
        self.simulators.switches.set("irt", "unavailable")
        self.reads(by, at, pen)
        self.simulators.switches.clear()

    def _now(self) -> World:
        assert self.world is not None, "nothing was read of the study yet"
        return self.world


def steps(sponsor: Sponsor, people: dict[str, User], until: date) -> list[Step]:
    """The systems are connected, and read now and then until the evening before the demo is shown."""
    outside = Outside(sponsor, people)
    found = [Step(_CONNECTED, "mara", "Connecting other systems", outside.connects, at=evening)]
    found += [Step(day, "mara", "Reading other systems", outside.reads, at=evening) for day in _READ]
    found.append(Step(_IN_TROUBLE, "mara", "Reading other systems", outside.is_down, at=evening))
    found.append(Step(until - timedelta(days=1), "mara", "Reading other systems", outside.reads, at=evening))
    return found


def point_at(port: int) -> None:
    """Has the open sponsor's simulated systems looked for at another port, where the demo runs on another."""
    for connection in Connection.objects.filter(name__in=_NAMES.values()):
        address = _address(Format(connection.format), port)
        if connection.base_url != address:
            connections.move_address(connection=connection, base_url=address)


def _connection(study: Study, format: Format, mara: User, petra: User, pen: Pen, at: datetime) -> None:
    source_study = f"{study.slug}({ENVIRONMENT})" if format == Format.RWS else study.slug
    secret = {"token": TOKEN} if format == Format.CTMS_IRT_1 else {"user": USER, "password": PASSWORD}
    with acting(mara, reason=f"Connecting the {_NAMES[format]}", channel=Channel.WEB, by_person=True):
        connection = connections.add_connection(
            scope=study.scope, name=_NAMES[format], format=format, base_url=_address(format, _PORT),
            source_study=source_study, is_blinded=True, by=mara,
        )  # fmt: skip
        connections.set_credentials(connection=connection, credentials=secret, by=mara, at=at)
    mapping = connection.mappings.get()
    proof = pen.proof(mapping, kind="approval", by=petra, at=at)
    reason = "Compared with the transfer specification"
    with acting(petra, reason=reason, channel=Channel.WEB, by_person=True):
        connections.move_mapping(mapping=mapping, move="approve", reason=reason, by=petra, proof=proof)
    with acting(mara, reason="Tested with the vendor", channel=Channel.WEB, by_person=True):
        connections.move_connection(connection=connection, move="go_live", reason="Tested", by=mara)


def _asking(key: str) -> published.Get:
    """Asks this very CTMS over its REST interface, in this process and within the transaction that makes the demo."""
    program = Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {key}"})
    return lambda path: program.get(f"/api/v1/{path}").json()


def _key(sponsor: Sponsor, user: User, at: datetime) -> str:
    with acting(user, reason="The simulated systems read what we publish", channel=Channel.WEB):
        _, key = issue_token(
            user=user, sponsor=sponsor, name="Simulated systems", scope="READ", days=366, by=user, at=at
        )
    return key


def _keep(text: str) -> None:
    """For the simulators' own process, and nobody else."""
    serve.KEY.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(serve.KEY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _address(format: Format, port: int) -> str:
    return f"http://localhost:{port}/{_PATHS[format]}"
