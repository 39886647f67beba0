"""The demo's other systems: a study's EDC, IRT and eTMF, simulated, connected by those who would do it, read once."""

import os

import httpx
from django.test import Client

from ctms.accounts.models import Sponsor, User
from ctms.accounts.services.tokens import issue_token
from ctms.core.acting import Channel, acting, on_simulated_day
from ctms.demo.calendar import SHOWN_FROM
from ctms.demo.pen import Pen
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


def connect(sponsor: Sponsor, people: dict[str, User], pen: Pen, *, port: int = 8001) -> int:
    """Connects the open sponsor's study, signs the mappings and reads each system once; how many facts were taken."""
    study = Study.objects.select_related("scope").get()
    mara, petra = people["mara"], people["petra"]
    with on_simulated_day(SHOWN_FROM):
        key = _key(sponsor, mara)
        _keep(f"{key} {study.slug}")
        world = World(published.read(_asking(key), study.slug))
        simulators = Simulators(lambda: world)
        made = [_connection(study, format, mara, petra, pen, port) for format in _PATHS]
        return sum(_read(connection, simulators) for connection in made)


def point_at(port: int) -> None:
    """Has the open sponsor's simulated systems looked for at another port, where the demo runs on another."""
    for connection in Connection.objects.filter(name__in=_NAMES.values()):
        address = _address(Format(connection.format), port)
        if connection.base_url != address:
            connections.move_address(connection=connection, base_url=address)


def _connection(study: Study, format: Format, mara: User, petra: User, pen: Pen, port: int) -> Connection:
    source_study = f"{study.slug}({ENVIRONMENT})" if format == Format.RWS else study.slug
    secret = {"token": TOKEN} if format == Format.CTMS_IRT_1 else {"user": USER, "password": PASSWORD}
    with acting(mara, reason=f"Connecting the {_NAMES[format]}", channel=Channel.WEB, by_person=True):
        connection = connections.add_connection(
            scope=study.scope, name=_NAMES[format], format=format, base_url=_address(format, port),
            source_study=source_study, is_blinded=True, by=mara,
        )  # fmt: skip
        connections.set_credentials(connection=connection, credentials=secret, by=mara, at=SHOWN_FROM)
    mapping = connection.mappings.get()
    proof = pen.proof(mapping, kind="approval", by=petra, at=SHOWN_FROM)
    reason = "Compared with the transfer specification"
    with acting(petra, reason=reason, channel=Channel.WEB, by_person=True):
        connections.move_mapping(mapping=mapping, move="approve", reason=reason, by=petra, proof=proof)
    with acting(mara, reason="Tested with the vendor", channel=Channel.WEB, by_person=True):
        return connections.move_connection(connection=connection, move="go_live", reason="Tested", by=mara)


def _read(connection: Connection, simulators: Simulators) -> int:
    transport = httpx.WSGITransport(app=simulators)
    runs = read_connection(connection, now=lambda: SHOWN_FROM, transport=transport, wait=lambda seconds: None)
    return sum(run.applied for run in runs)


def _asking(key: str) -> published.Get:
    """Asks this very CTMS over its REST interface, in this process and within the transaction that makes the demo."""
    program = Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {key}"})
    return lambda path: program.get(f"/api/v1/{path}").json()


def _key(sponsor: Sponsor, user: User) -> str:
    with acting(user, reason="The simulated systems read what we publish", channel=Channel.WEB):
        _, key = issue_token(
            user=user, sponsor=sponsor, name="Simulated systems", scope="READ", days=366, by=user, at=SHOWN_FROM
        )
    return key


def _keep(text: str) -> None:
    """For the simulators' own process, and nobody else."""
    serve.KEY.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(serve.KEY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _address(format: Format, port: int) -> str:
    return f"http://localhost:{port}/{_PATHS[format]}"
