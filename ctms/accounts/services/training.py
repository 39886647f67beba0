"""Drafting and approving curricula, and completing one's own training."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db.models import Max

from ctms.accounts import access
from ctms.accounts.lifecycle import CURRICULUM
from ctms.accounts.models import Curriculum, CurriculumItem, CurriculumStatus, Scope, TrainingRecord, User
from ctms.accounts.roles import Role
from ctms.accounts.services import proving
from ctms.core import signables
from ctms.core.lifecycle import Request
from ctms.core.permission import demand
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case

STATEMENT = "I, {name}, have read and understood this training and will work by it."


@dataclass(frozen=True, slots=True)
class Item:
    """Something to read."""

    title: str
    text: str
    is_accountability: bool = False


@use_case
def draft_curriculum(*, role: Role, title: str, items: Sequence[Item], by: User | None) -> Curriculum:
    """Puts down the next version of a role's curriculum. It counts once somebody else approved it.

    Args:
        by: who drafts; None for the system's own set-up commands.
    """
    root = Scope.objects.get(path=Scope.ROOT)
    if by is not None:
        sentence = "Your roles do not include drafting curricula."
        demand(by=by, verb="accounts.edit_training", record=root, code="MAY_NOT_DRAFT", sentence=sentence)
    if not items:
        raise BadInput("NO_ITEMS", "Say what is to be read.", fields={"items": "Say what is to be read."})
    newest = Curriculum.objects.filter(role=role).aggregate(number=Max("number"))["number"] or 0
    curriculum = Curriculum(sponsor_id=root.sponsor_id, role=role, number=newest + 1, title=title, drafted_by=by)
    curriculum.full_clean()
    curriculum.save(force_insert=True)
    CurriculumItem.objects.bulk_create(
        CurriculumItem(sponsor_id=root.sponsor_id, curriculum=curriculum, position=position, **asdict(item))
        for position, item in enumerate(items, 1)
    )
    return curriculum


@use_case
def move_curriculum(*, curriculum: Curriculum, move: str, reason: str, by: User) -> Curriculum:
    """Makes a move of a curriculum. Approving a version ends the one before: whoever read that has to read this."""
    list(Curriculum.objects.filter(role=curriculum.role).select_for_update())  # two approvals wait for each other here
    curriculum = Curriculum.objects.locked(curriculum.pk)
    CURRICULUM.advance(curriculum, move, Request(by, reason=reason))
    if curriculum.status == CurriculumStatus.APPROVED:
        earlier = Curriculum.objects.filter(role=curriculum.role, status=CurriculumStatus.APPROVED)
        earlier.update(status=CurriculumStatus.ENDED)
    curriculum.save(update_fields=["status"])
    access.forget(by)
    return curriculum


@use_case
def complete_training(
    *, curriculum: Curriculum, sha256: str, password: str, code: str = "", by: User, at: datetime
) -> TrainingRecord:
    """Records that `by` read this curriculum and acknowledges it, with their own secret. Opens what hangs on it.

    Args:
        sha256: of what was shown, as `content_hash` gives it.

    Raises:
        Refusal: it is not a current curriculum of a role of theirs, or changed, or is complete; a secret is wrong.
    """
    curriculum = Curriculum.objects.locked(curriculum.pk)
    if curriculum.status != CurriculumStatus.APPROVED or curriculum.role not in access.roles_held(by):
        raise Refusal("NOT_YOUR_TRAINING", "This is not a current training of a role of yours.", recorded=True)
    if sha256 != content_hash(curriculum):
        raise Refusal("TRAINING_CHANGED", "This training was changed since you opened it: read it again.")
    proving.prove(user=by, password=password, code=code, where=f"training: {curriculum}", at=at)
    record = TrainingRecord(
        sponsor_id=curriculum.sponsor_id, curriculum=curriculum, user=by, completed_at=at, printed_name=by.full_name,
        time_zone=by.time_zone, statement=STATEMENT.format(name=by.full_name), content_sha256=sha256,
    )  # fmt: skip
    record.full_clean()
    record.save(force_insert=True)
    access.forget(by)
    return record


def content_hash(curriculum: Curriculum) -> str:
    """The hash of what there is to read."""
    items = curriculum.items.order_by("position").values("title", "text", "is_accountability")
    return signables.sha256({"id": curriculum.pk, "title": curriculum.title, "items": list(items)})
