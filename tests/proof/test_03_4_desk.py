"""Redis forgets everything and workers are killed in the middle of jobs: each job and each mail is done, once."""

import os
import random
import re
import signal
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis as redis_client
from django.db import connection, transaction

from ctms.accounts.models import Sponsor, User
from ctms.core.acting import in_sponsor, on_simulated_day
from ctms.desk.models import Job, JobFile, JobStatus, Mail, Notification, OutboxEntry
from ctms.desk.services.jobs import start_job
from ctms.desk.services.mail import send_mail
from ctms.run import redis
from sites.models import Site
from tests.calendar import SHOWN_FROM
from tests.conftest import act, person
from tests.crowd import make_many_sites
from tests.proof import processes
from tests.proof.__main__ import SEED

pytestmark = pytest.mark.shows("03-4")
ROUNDS, JOBS, MAILS = 20, 3, 5
WITHIN = 120.0  # seconds from the worker's return
SITES = "/in/north/s/D3460C00002/sites/"


class MailServer(socketserver.ThreadingTCPServer):
    """Takes every mail and counts it by its Message-ID."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        super().__init__(("127.0.0.1", 0), _Conversation)


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.say("220 here")
        while words := self.rfile.readline().decode(errors="replace").split():
            if words[0].upper() == "DATA":
                self.say("354 go on")
                lines = list(iter(self.rfile.readline, b".\r\n"))
                found = re.search(rb"Message-ID: (<.+?>)", b"".join(lines))
                assert found
                self.server.taken[found[1].decode()] += 1
            if words[0].upper() == "QUIT":
                self.say("221 bye")
                return
            self.say("250 fine")

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def begin(mail_server: MailServer, tmp_path: Path) -> Iterator[Callable[[str], processes.Running]]:
    """Starts a process of the process list on the tests' database, each in a group of its own."""
    started: list[processes.Running] = []
    port = mail_server.server_address[1]
    mail = {"CTMS_MAIL_URL": f"smtp://127.0.0.1:{port}", "CTMS_MAIL_FROM": "ctms" + "@example.org"}

    def start(name: str) -> processes.Running:
        started.append(processes.begun(name, beat=tmp_path / "beat", **mail))
        return started[-1]

    yield start
    for one in started:
        processes.kill(one)


@pytest.mark.django_db(transaction=True)
def test_killed_workers_and_a_forgetful_redis_lose_nothing_and_double_nothing(begin, mail_server, measured):
    chance = random.Random(SEED)
    north, mara = Sponsor.objects.get(code="north"), person("mara")
    with inside(north), act(mara):
        mara.email = "mara" + "@example.org"
        mara.save(update_fields=["email"])
        make_many_sites(3_000)
    begin("beat")
    worker = begin("worker")
    waits, in_the_middle = [], 0
    for round_ in range(ROUNDS):
        wanted = ask(north, mara, round_)
        time.sleep(chance.uniform(0.3, 8))
        in_the_middle += not over(north, wanted)
        if chance.random() < 0.5:
            os.killpg(worker.pid, signal.SIGKILL)  # with its children
        else:
            worker.kill()  # the children notice by themselves
        worker.wait()
        forget(everything=round_ % 5 == 4)
        worker = begin("worker")
        returned = time.monotonic()
        while not over(north, wanted) and time.monotonic() - returned < WITHIN:
            time.sleep(0.2)
        waits.append(time.monotonic() - returned)
    measured("kills in the middle of a job", in_the_middle, ROUNDS // 2, in_the_middle >= ROUNDS // 2)
    measured("longest wait after a return, in seconds", round(max(waits), 1), WITHIN, max(waits) < WITHIN)
    with inside(north):
        judge(mara, mail_server, measured)


def inside(sponsor: Sponsor) -> ExitStack:
    """In the sponsor, on the demo's day, in a transaction."""
    stack = ExitStack()
    stack.enter_context(in_sponsor(sponsor.pk))
    stack.enter_context(on_simulated_day(SHOWN_FROM))
    stack.enter_context(transaction.atomic())
    return stack


def ask(north: Sponsor, mara: User, round_: int) -> list[int]:
    """Jobs and mails of a round, all or nothing; the jobs' ids."""
    with inside(north), act(mara):
        site = Site.objects.filter(number__startswith="DE-").order_by("number")[round_ % 4]
        lists: list[tuple[str, dict[str, Any]]] = [("list", {"sponsor": "north", "address": SITES})] * (JOBS - 1)
        jobs = [
            start_job(kind=kind, arguments=given, title=f"{kind} {round_}", by=mara, at=SHOWN_FROM)
            for kind, given in [*lists, ("site-dossier", {"site": site.pk})]
        ]
        for number in range(MAILS):
            send_mail(to=mara, subject=f"Mail {round_}-{number}", text="Something", at=SHOWN_FROM)
    return [job.pk for job in jobs]


def over(north: Sponsor, wanted: list[int]) -> bool:
    """Whether a round's jobs have ended and the outbox is empty."""
    with in_sponsor(north.pk), transaction.atomic():
        going = Job.objects.filter(pk__in=wanted, ended_at=None).exists()
        return not going and not OutboxEntry.objects.filter(done_at=None, given_up_at=None).exists()


def forget(*, everything: bool) -> None:
    """Redis loses what it holds; or is killed, and started anew."""
    if everything:
        processes.kill_redis()
        processes.revive()
    else:
        redis_client.Redis(unix_socket_path=str(redis.socket())).flushall()


def judge(mara: User, mail_server: MailServer, measured: Any) -> None:
    jobs = Job.objects.filter(user=mara)
    done = jobs.filter(status=JobStatus.DONE).count()
    measured("jobs done", done, ROUNDS * JOBS, done == jobs.count() == ROUNDS * JOBS)
    files, told = JobFile.objects.filter(job__in=jobs).count(), Notification.objects.filter(user=mara).count()
    measured("files of jobs", files, ROUNDS * JOBS, files == ROUNDS * JOBS)
    measured("notifications of jobs", told, ROUNDS * JOBS, told == ROUNDS * JOBS)
    sent = Mail.objects.filter(user=mara, occasion="").exclude(sent_at=None).count()
    measured("mails marked as sent", sent, ROUNDS * MAILS, sent == ROUNDS * MAILS)
    names, twice = len(mail_server.taken), sum(mail_server.taken.values()) - len(mail_server.taken)
    measured("mails that the mail server knows", names, ROUNDS * MAILS, names == ROUNDS * MAILS)
    measured("mails it got again, under the same Message-ID", twice, 0, twice == 0)
    again = OutboxEntry.objects.filter(starts__gt=1).count()
    failed = OutboxEntry.objects.filter(failures__gt=0).count()
    measured("entries begun again after a kill", again, 1, again >= 1)
    measured("entries that ended in an error", failed, 0, failed == 0)
    with connection.cursor() as cursor:
        by_jobs = "kind = 'EXPORTED' and channel = 'task' and actor_id = %s"
        cursor.execute(f"select count(*) from audit_accessevent where {by_jobs}", [mara.pk])
        exported = cursor.fetchone()[0]
    measured("exports noted by jobs", exported, ROUNDS * JOBS, exported == ROUNDS * JOBS)
