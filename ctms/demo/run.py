"""`make demo`: a running, audited, multi-sponsor CTMS with a real trial in it, from nothing, and cleanly ended.

    python -m ctms.demo.run [--port 8000] [--fresh]

The password of the demo's people comes from DEMO_PASSWORD, or is made up on the first run; it is kept, with the
addresses, in var/accounts.txt for this user only.
"""

import argparse
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psycopg

from ctms.demo.calendar import SHOWN_FROM
from ctms.run import embedded, kernel, logins, places
from ctms.run.processes import PROCESSES, simulators
from ctms.run.supervisor import Stopped, Supervisor, listen_for_the_end

_ACCOUNTS = places.VAR / "accounts.txt"
_MANAGE = [sys.executable, str(places.ROOT / "manage.py")]


def main() -> int:
    """Runs until Ctrl-C or SIGTERM. Exit 0 then; 2 with one sentence when it cannot start."""
    options = _options()
    if not embedded.POSTGRES_IS_EMBEDDED or not embedded.REDIS_IS_EMBEDDED:
        return _cannot("The demo uses its own embedded servers: unset DATABASE_URL and REDIS_URL.")
    for port in (options.port, options.port + 1):  # the second is the simulators'
        if _is_taken(port):
            return _cannot(f"Port {port} is in use: stop what runs there, or choose another with PORT=...")
    listen_for_the_end()
    kernel.die_with_parent()
    try:
        if options.fresh:
            embedded.remove()
            _ACCOUNTS.unlink(missing_ok=True)
        with embedded.servers():
            _serve(options.port)
    except Stopped:
        print("\nStopped.", flush=True)
    except RuntimeError as error:
        return _cannot(str(error))
    except subprocess.CalledProcessError as failed:
        return failed.returncode
    return 0


def _serve(port: int) -> None:
    began = time.monotonic()
    print("Preparing the database ...", flush=True)
    embedded.migrate_if_needed()
    _set_the_clock()
    password = _password()
    people = _manage("seed_demo", CTMS_DEMO_PASSWORD=password, CTMS_SIMULATORS_PORT=str(port + 1))
    os.environ.setdefault("CTMS_ADDRESS", f"http://localhost:{port}")
    supervisor = Supervisor(f"127.0.0.1:{port}", [*PROCESSES, simulators(port + 1)])
    try:
        supervisor.start()
        address = f"http://localhost:{port}/"
        _wait_for(address + "health/")
        print(_written_down(address, people, password), flush=True)
        print(f"Ready after {time.monotonic() - began:.0f} s. Ctrl-C ends it.", flush=True)
        supervisor.watch()
    finally:
        supervisor.stop()


def _set_the_clock() -> None:
    """Puts the hands of the simulated database's clock to the demo's today, once; from then on it runs."""
    with psycopg.connect(embedded.dsn(logins.OWNER)) as connection:
        connection.execute(
            "update ctms_database set clock_offset = %s - clock_timestamp() where clock_offset = '0'", [SHOWN_FROM]
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--fresh", action="store_true", help="delete the demo's database first")
    return parser.parse_args()


def _manage(command: str, **environment: str) -> str:
    """Runs one of our commands, its progress on standard error; what it prints on standard output is the answer."""
    done = subprocess.run(
        [*_MANAGE, command], check=True, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return done.stdout


def _password() -> str:
    """The one that was given, else the one written down, else a new one."""
    if given := os.environ.get("DEMO_PASSWORD"):
        return given
    if _ACCOUNTS.exists():
        for line in _ACCOUNTS.read_text().splitlines():
            if line.startswith("Password: "):
                return line.removeprefix("Password: ")
    return "-".join(secrets.token_hex(3) for _ in range(3))


def _written_down(address: str, people: str, password: str) -> str:
    text = f"Address:  {address}\n\n{people}\nPassword: {password}\n"
    with os.fdopen(os.open(_ACCOUNTS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    return text + "(kept in var/accounts.txt)"


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _wait_for(address: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > until:
                raise RuntimeError(f"The web server does not answer ({error}): see var/log/web.log") from error
        time.sleep(0.1)


def _cannot(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
