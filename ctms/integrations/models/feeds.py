"""What came in: runs and their count, replies as let through by the allow-list, facts, and what could not be taken."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import SponsorOwned, Working
from ctms.core.trail.history import Reason


class RunStatus(models.TextChoices):
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed"
    QUARANTINED = "QUARANTINED", "Quarantined"


class FeedRun(SponsorOwned):
    """One walk through one resource, and what became of every item in it."""

    known_by: ClassVar[str] = "resource"
    known_in: ClassVar[tuple[str, ...]] = ("connection",)
    access_path: ClassVar[str | None] = "connection__scope"
    view_verb: ClassVar[str] = "studies.view_study"

    connection = TenantKey("integrations.Connection", related_name="runs")
    mapping = TenantKey("integrations.MappingVersion", related_name="+")
    resource = models.TextField()
    status = models.TextField(choices=RunStatus, default=RunStatus.RUNNING)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    sentence = models.TextField(blank=True, help_text="How it ended.")
    cursor_before = models.TextField(blank=True)
    cursor_after = models.TextField(blank=True)
    is_complete = models.BooleanField(default=False, help_text="The walk came to its end without an error.")
    source_as_of = models.DateTimeField(null=True, help_text="The source's own time of what it said.")
    received = models.PositiveIntegerField(default=0)
    applied = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0, help_text="Known already, or overtaken by something newer.")
    refused = models.PositiveIntegerField(default=0)
    dead = models.PositiveIntegerField("dead letters", default=0)
    pending = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0, help_text="Facts that the source no longer has.")

    class Meta:
        ordering = ("-id",)
        constraints = (
            referable("integrations_feedrun"),
            referable("integrations_feedrun", "connection"),
            models.CheckConstraint(
                condition=Q(received=F("applied") + F("unchanged") + F("refused") + F("dead") + F("pending")),
                name="integrations_feedrun_adds_up",
            ),
            *same_sponsor("integrations_feedrun", "connection", mapping=("connection",)),
        )
        indexes = (models.Index(fields=["connection", "-id"], name="integrations_feedrun_latest"),)

    def __str__(self) -> str:
        return f"Run {self.pk} of {self.connection}, {self.resource}"


class FeedPayload(Working):
    """One reply of a run: its facts as text for COPY, compressed, and the hash of the bytes that came.

    The bytes themselves are not kept: they may hold what a CTMS must never store. Once the run has ended, the
    database lets nobody change it.
    """

    hidden: ClassVar[tuple[str, ...]] = ("content",)

    run = TenantKey("integrations.FeedRun", related_name="payloads")
    position = models.PositiveIntegerField()
    source_as_of = models.DateTimeField()
    retrieved_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64, help_text="Of the reply as received.")
    size = models.PositiveBigIntegerField(help_text="Bytes of the reply as received.")
    content = models.BinaryField(help_text="What was let through, zlib.")
    count = models.PositiveIntegerField(help_text="Facts in it.")
    unusable = models.JSONField(default=list, help_text="[where, why] of records that could not be read.")

    class Meta:
        ordering = ("run", "position")
        constraints = (
            models.UniqueConstraint(fields=["run", "position"], name="integrations_feedpayload_once"),
            *same_sponsor("integrations_feedpayload", "run"),
        )

    def __str__(self) -> str:
        return f"Reply {self.position} of {self.run}"


class ItemStatus(models.TextChoices):
    PENDING = "PENDING", "Waiting"
    REFUSED = "REFUSED", "Refused"
    DEAD = "DEAD", "Dead letter"
    APPLIED = "APPLIED", "Applied later"
    SUPERSEDED = "SUPERSEDED", "Overtaken"


UNSETTLED = (ItemStatus.PENDING, ItemStatus.REFUSED, ItemStatus.DEAD)


class FeedItem(SponsorOwned):
    """A fact that could not be taken when it came, why, and what became of it since."""

    known_by: ClassVar[str] = "key"
    access_path: ClassVar[str | None] = "connection__scope"
    view_verb: ClassVar[str] = "integrations.replay_item"  # of all sites, whoever sees which
    person_reason: ClassVar[str] = Reason.OF_THE_ACT

    connection = TenantKey("integrations.Connection", related_name="items")
    run = TenantKey("integrations.FeedRun", related_name="items")
    resource = models.TextField()
    key = models.TextField()
    status = models.TextField(choices=ItemStatus)
    reason = models.TextField(help_text="Why it was not taken.")
    tries = models.PositiveSmallIntegerField(default=1)
    fact = models.TextField(blank=True, help_text="As text for COPY; empty where the record could not be read.")
    place = models.TextField(blank=True)
    subject = models.TextField(blank=True)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            referable("integrations_feeditem", "connection"),
            *same_sponsor("integrations_feeditem", "connection", run=("connection",)),
        )
        indexes = (
            models.Index(
                fields=["connection", "resource"],
                condition=Q(status__in=["PENDING", "DEAD", "REFUSED"]),
                name="integrations_feeditem_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} of {self.connection}"


class FeedCursor(Working):
    """How far a resource was read, how well that went lately, and whether it is given a rest. Server's time."""

    connection = TenantKey("integrations.Connection", related_name="cursors")
    resource = models.TextField()
    cursor = models.TextField(blank=True)
    source_as_of = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    rests_until = models.DateTimeField(null=True)
    needs_person = models.BooleanField(default=False, help_text="Trying again by itself would do harm.")
    sentence = models.TextField(blank=True, help_text="What went wrong last.")
    drop_accepted = models.BooleanField(default=False, help_text="A person confirmed that much is gone.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["connection", "resource"], name="integrations_feedcursor_once"),
            *same_sponsor("integrations_feedcursor", "connection"),
        )

    def __str__(self) -> str:
        return f"{self.connection}, {self.resource}"


class SourceFact(Working):
    """What a system says, as of its newest saying. Its own words; rooms derive their records from them.

    Written by the feed engine alone, thousands at a time; that the connection is the sponsor's is therefore held by
    `external.OF_A_CONNECTION`. Nothing here is ours: it can be read again at any time.
    """

    sponsor = models.ForeignKey(
        "accounts.Sponsor", models.PROTECT, related_name="+", editable=False, db_constraint=False, db_index=False
    )
    connection = TenantKey("integrations.Connection", related_name="+", db_index=False)
    resource = models.TextField()
    key = models.TextField()
    what = models.TextField()
    version = models.BigIntegerField()
    as_of = models.DateTimeField()
    place = models.TextField()
    subject = models.TextField()
    event = models.TextField()
    state = models.TextField()
    day = models.DateField(null=True)
    ref = models.TextField()
    run = TenantKey("integrations.FeedRun", related_name="+", db_index=False)
    gone_at = models.DateTimeField(null=True, help_text="Since when a complete walk no longer finds it.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["connection", "resource", "key"], name="integrations_sourcefact_once"),
        )
        indexes = (
            models.Index(fields=["connection", "subject"], name="integrations_sourcefact_subj"),
            models.Index(
                fields=["connection", "ref"], condition=Q(what="CORRECTION"), name="integrations_sourcefact_fix"
            ),
        )

    def __str__(self) -> str:
        return self.key
