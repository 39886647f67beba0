"""All simulators under one WSGI application: /RaveWebServices/, /irt/, /vault/, and for testers /faults and /truth."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from ctms.integrations.simulators.irt import Irt
from ctms.integrations.simulators.rave import PREFIX, Rave
from ctms.integrations.simulators.serving import (
    FAULTS,
    SIMULATOR,
    Asked,
    Handler,
    Reply,
    Switches,
    answer,
    asked_by,
    faulty,
    json,
)
from ctms.integrations.simulators.vault import Vault
from ctms.integrations.simulators.world import World


class Simulators:
    """The three systems over one world.

    Args:
        world: gives the world as it is now.
    """

    def __init__(self, world: Callable[[], World]) -> None:
        if os.environ.get("CTMS_PRODUCTION") == "1":
            raise RuntimeError("Simulators do not run in production.")
        self._world = world
        self._seen: World | None = None
        self._systems: dict[str, Handler] = {}
        self.switches = Switches()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return answer(self._answered(asked_by(environ)), start_response)

    def _answered(self, asked: Asked) -> Reply:
        if asked.path == "/faults":
            return self._switch(asked)
        if asked.path == "/truth":
            return json(self._world().truth())
        world = self._world()
        if world is not self._seen:
            self._seen, self._systems = world, {"rave": Rave(world), "irt": Irt(world), "vault": Vault(world)}
        system = "rave" if asked.path.startswith(PREFIX) else asked.path.strip("/").partition("/")[0]
        if system not in self._systems:
            return json({"source_system": SIMULATOR, "message": "There is nothing here."}, 404)
        return faulty(self._systems[system], asked, self.switches.take(system))

    def _switch(self, asked: Asked) -> Reply:
        """GET shows; POST system=, fault=, times= switches on; POST system= alone switches off."""
        if asked.method == "POST":
            fault, system = asked.form.get("fault", ""), asked.form.get("system", "")
            if fault and fault not in FAULTS:
                return json({"source_system": SIMULATOR, "message": f"There is no fault {fault[:40]}."}, 400)
            if fault:
                self.switches.set(system, fault, int(asked.form.get("times") or 0))
            else:
                self.switches.clear(system)
        return json({"source_system": SIMULATOR, "on": self.switches.on, "faults": FAULTS})
