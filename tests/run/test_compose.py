"""docker-compose.yml, the Dockerfile and the units of docs/deploying.md say what the process list says."""

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from ctms.run.places import ROOT
from ctms.run.processes import PROCESSES, Process
from tests.run.variables import read_by_the_code

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DEPLOYING = (ROOT / "docs" / "deploying.md").read_text()
OTHERS = {"postgres", "redis", "prepare", "migrate"}
OF_IMAGES = {"POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS"}  # of PostgreSQL's own image


def differing(services: Mapping[str, Any], processes: tuple[Process, ...] = PROCESSES) -> list[str]:
    """Processes whose service is missing, runs something else or has another name for its settings."""
    found = []
    for process in processes:
        service = services.get(process.name, {})
        wanted = [word.replace("{bind}", "0.0.0.0:8000").replace("{var}", "/var/lib/ctms") for word in process.command]
        if service.get("command") != wanted or service["environment"].get("CTMS_PROCESS") != process.name:
            found.append(process.name)
    return found


def unknown_variables(services: Mapping[str, Any]) -> set[str]:
    """Environment variables that nothing of ours reads."""
    given = {name for service in services.values() for name in service.get("environment", {})}
    return given - read_by_the_code() - OF_IMAGES


def unhealthy(services: Mapping[str, Any]) -> list[str]:
    """Services that others wait for, or that serve people, without a way to ask whether they work."""
    asked = {"web", "worker"}
    for service in services.values():
        waits = service.get("depends_on", {})
        asked |= {name for name, how in waits.items() if how["condition"] == "service_healthy"}
    return sorted(name for name in asked if not services[name].get("healthcheck", {}).get("test"))


def units(text: str) -> Iterator[tuple[str, list[str]]]:
    """(process, command) of each unit in the page."""
    for block in re.findall(r"```ini\n(.*?)```", text, re.DOTALL):
        name = re.search(r"CTMS_PROCESS=(\w+)", block)
        command = re.search(r"ExecStart=((?:.*\\\n)*.*)", block)
        assert name, block
        assert command, block
        yield name[1], shlex.split(command[1].replace("\\\n", " "))


def test_services_run_the_process_list() -> None:
    assert set(COMPOSE["services"]) == OTHERS | {process.name for process in PROCESSES}
    assert differing(COMPOSE["services"]) == []


def test_another_command_is_noticed() -> None:
    planted = {**COMPOSE["services"], "web": {**COMPOSE["services"]["web"], "command": ["gunicorn", "ctms.wsgi"]}}
    assert differing(planted) == ["web"]


def test_units_run_the_process_list() -> None:
    here = {"bind": "127.0.0.1:8000", "var": "/var/lib/ctms"}
    wanted = {
        process.name: [
            f"/opt/ctms/.venv/bin/{process.command[0]}",
            *(word.format(**here) for word in process.command[1:]),
        ]
        for process in PROCESSES
    }
    assert dict(units(DEPLOYING)) == wanted


def test_every_variable_is_one_the_code_reads() -> None:
    assert unknown_variables(COMPOSE["services"]) == set()


def test_an_invented_variable_is_noticed() -> None:
    assert unknown_variables({"web": {"environment": {"CTMS_WORKERS": "4"}}}) == {"CTMS_WORKERS"}


def test_what_others_wait_for_can_be_asked() -> None:
    assert unhealthy(COMPOSE["services"]) == []


def test_a_missing_health_check_is_noticed() -> None:
    services = {**COMPOSE["services"], "redis": {"image": "redis"}}
    assert unhealthy(services) == ["redis"]


def test_only_migrate_holds_the_owner_and_only_prepare_the_administrator() -> None:
    def holders(variable: str) -> set[str]:
        return {name for name, service in COMPOSE["services"].items() if variable in service.get("environment", {})}

    assert holders("DATABASE_OWNER_URL") == {"prepare", "migrate"}
    assert holders("DATABASE_ADMIN_URL") == {"prepare"}


@pytest.mark.parametrize("name", [process.name for process in PROCESSES])
def test_processes_wait_for_the_schema(name: str) -> None:
    waits = COMPOSE["services"][name]["depends_on"]
    assert waits["migrate"] == {"condition": "service_completed_successfully"}


def test_no_secret_stands_in_the_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    passwords = re.findall(r"postgresql://\w+:(.*?)@", text)
    assert passwords
    assert all(password.startswith("${") and ":?" in password for password in passwords)


def test_the_image_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["ctms"]
    assert sum(line.startswith("FROM ") for line in lines) == 2
    assert any("--require-hashes" in line for line in lines)
