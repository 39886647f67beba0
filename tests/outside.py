"""Other systems for tests: the simulators in this process, over what our REST interface publishes, and connections."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx

from ctms.core import clock
from ctms.core.acting import on_simulated_day
from ctms.demo.pen import Pen
from ctms.integrations.formats import adapter_for
from ctms.integrations.models import Connection, FeedRun, Format, MappingVersion
from ctms.integrations.ports import Adapter
from ctms.integrations.services import connections as services
from ctms.integrations.services.feeding import read_connection
from ctms.integrations.simulators import published
from ctms.integrations.simulators.app import Simulators
from ctms.integrations.simulators.serving import PASSWORD, TOKEN, USER
from ctms.integrations.simulators.world import World
from ctms.studies.models import Study
from tests.api.client import Program
from tests.conftest import act, person
from tests.seed import PASSWORD as PEOPLES

BASES = {
    Format.RWS: "http://localhost:9/RaveWebServices/",
    Format.CTMS_IRT_1: "http://localhost:9/irt/",
    Format.VAULT: "http://localhost:9/vault/",
}


class Outside:
    """The simulators, and the feeds that read them."""

    def __init__(self, *, is_planted: bool = True, size: int = 0, now: datetime | None = None) -> None:
        self.program = Program("mara")
        self.options: dict[str, Any] = {"is_planted": is_planted, "size": size}
        self.look(now)
        self.simulators = Simulators(lambda: self.world)

    def look(self, now: datetime | None = None) -> World:
        """Reads anew what is published, as of a day."""
        said = published.read(self._get, Study.objects.get().slug)
        if now is not None:
            said = published.Published(said.study, now, said.sites, said.visits)
        self.world = World(said, **self.options)
        return self.world

    def _get(self, path: str) -> Any:
        return self.program.get(f"/api/v1/{path}").json()

    def connect(self, format: Format) -> Connection:
        return connect(format)

    def adapter(self, connection: Connection) -> Adapter:
        """The one that speaks to the simulator of this connection."""
        transport = httpx.WSGITransport(app=self.simulators)  # type: ignore[arg-type]
        content = connection.mappings.get(status="APPROVED").content
        return adapter_for(connection, content, transport=transport, wait=lambda seconds: None)

    def read(
        self, connection: Connection, *, at: datetime | None = None, waits: list[float] | None = None
    ) -> list[FeedRun]:
        """Reads it once, over the simulators in this process."""
        wait: Callable[[float], None] = (lambda seconds: None) if waits is None else waits.append
        transport = httpx.WSGITransport(app=self.simulators)  # type: ignore[arg-type]
        moment = at or self.world.now
        with on_simulated_day(moment):
            return read_connection(connection, now=lambda: moment, transport=transport, wait=wait)


def connect(format: Format) -> Connection:
    """A live connection with its mapping signed."""
    study = Study.objects.select_related("scope").get()
    mara = person("mara")
    said = study.slug + ("(Prod)" if format == Format.RWS else "")
    secret = {"token": TOKEN} if format == Format.CTMS_IRT_1 else {"user": USER, "password": PASSWORD}
    with act(mara):
        connection = services.add_connection(
            scope=study.scope, name=format.label, format=format, base_url=BASES[format],
            source_study=said, is_blinded=True, by=mara,
        )  # fmt: skip
        services.set_credentials(connection=connection, credentials=secret, by=mara, at=clock.now())
    sign(connection.mappings.get())
    with act(mara):
        return services.move_connection(connection=connection, move="go_live", reason="Tested", by=mara)


def sign(mapping: MappingVersion) -> MappingVersion:
    """Approved by Petra's signature: Mara drafted it."""
    petra = person("petra")
    proof = Pen(PEOPLES).proof(mapping, kind="approval", by=petra, at=clock.now())
    with act(petra):
        return services.move_mapping(mapping=mapping, move="approve", reason="Read through", by=petra, proof=proof)


def later(at: datetime, **length: float) -> datetime:
    return at + timedelta(**length)


class _Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served(application) -> Iterator[str]:
    """The simulators over a real socket."""
    server = make_server("127.0.0.1", 0, application, server_class=_Threaded, handler_class=_Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
