"""What every regulated record is made of: a trail, a sponsor, and in a study the study and its partition."""

from typing import Any, ClassVar

from django.db import models

from ctms.core import protocols
from ctms.core.acting import Channel
from ctms.core.keys import TenantKey
from ctms.core.trail.history import Reason, Trail


class Partition(models.TextChoices):
    """Who may see a study's row at all: everybody with access to the study, or its unblinded team."""

    BLINDED = "BLINDED", "Blinded"
    UNBLINDED = "UNBLINDED", "Unblinded"


class Records(models.QuerySet[Any]):
    """The one way to rows: `visible_to(user)` first, `locked(pk)` before a change."""

    def visible_to(self, user: Any) -> "Records":
        """The rows this user may see; none where the user has no role that shows them."""
        return protocols.authority().visible(self, user)

    def visible_in(self, study: Any, user: Any) -> "Records":
        """The rows of this study that this user may see. Who sees all of it is not asked about each row's place."""
        return protocols.authority().visible(self.filter(study=study), user, study.scope)

    def locked(self, pk: int) -> Any:
        """The row, locked until the transaction ends, as it is now."""
        return self.select_for_update(of=("self",)).get(pk=pk)


class Standing(models.Manager.from_queryset(Records)):  # type: ignore[misc]  # a class made by a call
    """`objects` of a model whose rows can be taken back, removed or merged: only those that stand.

    The model says which in `standing`. Its `everything` holds the others too, and so do keys that point to them.
    """

    def get_queryset(self) -> Records:
        rows: Records = super().get_queryset().filter(self.model.standing)
        return rows


class Working(models.Model):
    """Working data of one sponsor, such as a job or a key against repetition: no trail, and it may be deleted.

    Invisible to every other sponsor by row-level security, as records are. The reporting login does not see the
    columns in `hidden`. Whether one is one's own, or anybody's who holds a verb, is asked where it is shown.
    """

    access_path: ClassVar[None] = None
    hidden: ClassVar[tuple[str, ...]] = ()

    sponsor = models.ForeignKey("accounts.Sponsor", models.PROTECT, related_name="+", editable=False)

    class Meta:
        abstract = True


class Regulated(models.Model):
    """A record with a trail. Never deleted: voided, ended or retired with a reason."""

    person_reason: ClassVar[str] = Reason.OF_THE_ACT
    only_through: ClassVar[Channel | None] = None  # the one door of its writes, where the database holds that

    history = Trail()
    objects = Records.as_manager()

    class Meta:
        abstract = True


class SponsorOwned(Regulated):
    """A record of one sponsor, invisible to every other by row-level security.

    `access_path` leads from the record to the scope that decides who sees it, in Django's lookup notation; None means
    that every member of the sponsor does. Where it leads to several, as from a hospital over its sites, one suffices.
    """

    access_path: ClassVar[str | None] = None

    sponsor = models.ForeignKey("accounts.Sponsor", models.PROTECT, related_name="+", editable=False)

    class Meta:
        abstract = True


class StudyOwned(SponsorOwned):
    """A record of one study."""

    access_path: ClassVar[str | None] = "study__scope"

    study = TenantKey("studies.Study", related_name="%(class)s_set")
    partition = models.TextField(choices=Partition, default=Partition.BLINDED, editable=False)

    class Meta:
        abstract = True
