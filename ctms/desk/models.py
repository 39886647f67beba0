"""What each person's desk needs. Working data: no trail of its own; what it does to records stands in theirs."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import SponsorOwned, Working
from ctms.core.trail.history import Reason


class IdempotencyKey(Working):
    """A client's key for one request, kept with its effect: the same request again gets the same answer, done once."""

    hidden: ClassVar[tuple[str, ...]] = ("body",)

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    key = models.TextField()
    request_sha256 = models.TextField(
        help_text="Of method, address and body: another request with this key is refused."
    )
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["sponsor", "user", "key"], name="desk_idempotencykey_once"),)

    def __str__(self) -> str:
        return self.key


class OutboxEntries(models.QuerySet["OutboxEntry"]):
    def due(self) -> "OutboxEntries":
        """What waits for a worker now, oldest first, leaving out what one is busy with. For an open transaction."""
        waiting = self.filter(done_at=None, given_up_at=None, due_at__lte=Now())
        return waiting.order_by("due_at", "pk").select_for_update(skip_locked=True)


class OutboxEntry(Working):
    """Something to be done after a commit. It is done in one transaction with the mark that it is: exactly once.

    Times are the server's own, whatever day a simulated database is on.
    """

    hidden: ClassVar[tuple[str, ...]] = ("arguments",)

    task = models.TextField(help_text="Dotted path of the task.")
    arguments = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now())
    starts = models.PositiveIntegerField(default=0, help_text="How often a worker took it up.")
    failures = models.PositiveIntegerField(default=0, help_text="How often it ended in an error.")
    error = models.TextField(blank=True, help_text="What went wrong last, in a sentence.")
    done_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = OutboxEntries.as_manager()

    class Meta:
        verbose_name_plural = "outbox"
        constraints = (
            models.CheckConstraint(condition=Q(done_at=None) | Q(given_up_at=None), name="desk_outboxentry_one_end"),
        )
        indexes = (
            models.Index(
                fields=["sponsor", "due_at"], condition=Q(done_at=None, given_up_at=None), name="desk_outboxentry_due"
            ),
        )

    def __str__(self) -> str:
        return self.task.rpartition(".")[2].replace("_", " ")

    @property
    def can_be_retried(self) -> bool:
        """Given up, and worth another try: a job has told its owner that it ended, who starts it anew."""
        return self.given_up_at is not None and self.task != "ctms.desk.tasks.run_job"


class JobStatus(models.TextChoices):
    QUEUED = "QUEUED", "Waiting"
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed"
    CANCELLED = "CANCELLED", "Cancelled"


OVER = (JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED)


class Job(Working):
    """Work of a person that takes longer than a page may: what, how far, and what came of it. Its owner's alone."""

    hidden: ClassVar[tuple[str, ...]] = ("arguments",)

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    kind = models.TextField(help_text="Which entry of settings.JOBS.")
    arguments = models.JSONField(default=dict)
    title = models.TextField()
    status = models.TextField(choices=JobStatus, default=JobStatus.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Per cent.")
    sentence = models.TextField(blank=True, help_text="What it does now, or how it ended.")
    cancel_wanted = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="The file can be had until then.")

    class Meta:
        ordering = ("-pk",)
        constraints = (
            referable("desk_job"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="desk_job_per_cent"),
            models.CheckConstraint(condition=Q(ended_at=None) ^ Q(status__in=OVER), name="desk_job_ended"),
        )
        indexes = (models.Index(fields=["sponsor", "user", "-id"], name="desk_job_of_user"),)

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        return self.status in OVER


class JobFile(Working):
    """What a job made. Kept in the database: there with the job's end or not at all, and closed to other sponsors."""

    hidden: ClassVar[tuple[str, ...]] = ("body",)

    job = TenantKey("desk.Job", on_delete=models.CASCADE, related_name="files")
    name = models.TextField()
    content_type = models.TextField()
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    body = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["job"], name="desk_jobfile_once"),
            *same_sponsor("desk_jobfile", "job"),
        )

    def __str__(self) -> str:
        return self.name


class Notification(Working):
    """A line on a person's desk: something happened that concerns them."""

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    kind = models.TextField(help_text="JOB, MAIL, ...: what it is about.")
    text = models.TextField()
    url = models.TextField(blank=True, help_text="Where to look, within the sponsor's pages.")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=["sponsor", "user", "-id"], name="desk_notification_of_user"),
            models.Index(fields=["sponsor", "user"], condition=Q(read_at=None), name="desk_notification_unread"),
        )

    def __str__(self) -> str:
        return self.text


class Mail(Working):
    """A mail to a person: in their mailbox page and, where a mail server is set, sent. Never about a subject."""

    hidden: ClassVar[tuple[str, ...]] = ("text",)

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    subject = models.TextField()
    text = models.TextField()
    occasion = models.TextField(blank=True, help_text="What it is sent for once and not again, such as a day's digest.")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    sent_to = models.TextField(blank=True, help_text="Through which way it went: the mail server, or these pages only.")

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["sponsor", "user", "occasion"], condition=~Q(occasion=""), name="desk_mail_once"
            ),
        )
        indexes = (models.Index(fields=["sponsor", "user", "-id"], name="desk_mail_of_user"),)

    def __str__(self) -> str:
        return self.subject


class DigestRhythm(models.TextChoices):
    NEVER = "NEVER", "Never"
    WEEKLY = "WEEKLY", "On Mondays"
    DAILY = "DAILY", "Every day"


class Preference(Working):
    """What a person wants of their desk. Without a row: the defaults."""

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    digest = models.TextField(choices=DigestRhythm, default=DigestRhythm.WEEKLY)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["sponsor", "user"], name="desk_preference_once"),)

    def __str__(self) -> str:
        return str(self.user)


class SharedHow(models.TextChoices):
    PRIVATE = "PRIVATE", "Only I see it"
    SHARED = "SHARED", "Everybody here sees and may change it"
    LOCKED = "LOCKED", "Everybody here sees it, only I change it"


class SavedViews(models.QuerySet["SavedView"]):
    def visible_to(self, user: Any) -> "SavedViews":
        """A person's own, and what others share. What rows a view shows is asked anew of whoever opens it."""
        return self.filter(Q(user=user) | ~Q(shared=SharedHow.PRIVATE))

    def changeable_by(self, user: Any) -> "SavedViews":
        """A person's own, and what others share without a lock."""
        return self.filter(Q(user=user) | Q(shared=SharedHow.SHARED))


class SavedView(Working):
    """A list as somebody looks at it: filters and order, under a name."""

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    name = models.TextField()
    path = models.TextField(help_text="The list's address without its query.")
    query = models.TextField(blank=True, help_text="Filters and order, as in the address.")
    shared = models.TextField("who", choices=SharedHow, default=SharedHow.PRIVATE)

    objects: ClassVar[Any] = SavedViews.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=["sponsor", "user", "path", "name"],
                name="desk_savedview_once",
                violation_error_message="You have a view of this name for this list already.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


class CalendarLink(SponsorOwned):
    """Lets a calendar program read a person's dates without signing in. Its end is recorded, the row stays."""

    view_verb: ClassVar[str] = "accounts.view_access"
    known_by: ClassVar[str] = "ending"
    person_reason: ClassVar[str] = Reason.OF_THE_ACT

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="calendar_links")
    ending = models.TextField(help_text="The link's last four characters, so that its owner can tell which it is.")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(condition=Q(revoked_at__gte=F("created_at")), name="desk_calendarlink_dates"),
            models.UniqueConstraint(
                fields=["sponsor", "user"],
                condition=Q(revoked_at=None),
                name="desk_calendarlink_one",
                violation_error_message="You have a calendar link already: revoke it first.",
            ),
        )

    def __str__(self) -> str:
        return f"Calendar link …{self.ending}"

    def is_open(self, at: datetime) -> bool:
        return self.revoked_at is None or self.revoked_at > at
