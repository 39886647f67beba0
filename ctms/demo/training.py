"""What the demo's people had to read before they began; all but the newcomer have."""

from ctms.accounts.models import Sponsor, User
from ctms.accounts.roles import Role
from ctms.accounts.services.training import Item, complete_training, content_hash, draft_curriculum, move_curriculum
from ctms.core.acting import Channel, acting
from ctms.demo.calendar import BEGINS, noon
from ctms.demo.cast import ADMINISTRATORS, CAST, SET_UP

_RECORDS = Item(
    "Records in the CTMS",
    "Enter what happened on the day it happened, with the place of its proof. What is wrong is corrected with a "
    "reason; nothing is deleted, and everything you do is in the audit trail under your name.",
)
_SITES = Item(
    "The life of a site",
    "A site moves when its evidence is on record. If a move is not open, the page says which fact it waits for. Never "
    "record a fact before its proof is filed.",
)
_BLINDING = Item(
    "Keeping the blind",
    "Do not write anything into notes, reasons or file names from which a subject's treatment could be guessed. If you "
    "learn of it by accident, tell the study manager at once and write nothing down here.",
)
_SIGNATURES = Item(
    "Electronic signatures",
    "My electronic signature in the CTMS binds me as my handwritten signature does. I answer for what I sign, I read "
    "it before I sign it, and I give my password to nobody.",
    is_accountability=True,
)
_PAYMENTS = Item(
    "Approving money",
    "Approve only what you can follow from the contract's row to the fact and its source. Who drafted a fee, prepared "
    "a run or changed bank details does not approve; if you did any of it, say so and let somebody else sign.",
)
_CURRICULA = {
    Role.CLINICAL_OPERATIONS_LEAD: ("Leading studies in the CTMS", (_RECORDS, _SITES, _BLINDING, _SIGNATURES)),
    Role.STUDY_MANAGER: ("Managing a study in the CTMS", (_RECORDS, _SITES, _BLINDING, _SIGNATURES)),
    Role.LEAD_CRA: ("Leading monitors in the CTMS", (_RECORDS, _SITES, _BLINDING, _SIGNATURES)),
    Role.CRA: ("Monitoring in the CTMS", (_RECORDS, _SITES, _BLINDING, _SIGNATURES)),
    Role.FINANCE_APPROVER: ("Approving payments in the CTMS", (_RECORDS, _PAYMENTS, _SIGNATURES)),
    Role.CTA: ("Assisting a study in the CTMS", (_RECORDS, _SITES)),
}


def train(sponsor: Sponsor, people: dict[str, User], password: str) -> None:
    """Has the sponsor's administrator approve the curricula, and its people complete theirs. Inside the sponsor."""
    administrator = next(person for person in ADMINISTRATORS if person.sponsor == sponsor.code)
    approves = User.objects.get(username=administrator.username)
    curricula = {}
    for role in _CURRICULA:
        if any(person.role == role and person.username in people for person in CAST):
            title, items = _CURRICULA[role]
            with acting(SET_UP, reason="From the sponsor's quality system", channel=Channel.COMMAND):
                draft = draft_curriculum(role=role, title=title, items=items, by=None)
            with acting(approves, reason="As released by quality assurance", channel=Channel.WEB, by_person=True):
                curricula[role] = move_curriculum(
                    curriculum=draft, move="approve", reason="As released by quality assurance", by=approves
                )
    for person in CAST:
        curriculum = curricula.get(person.role)
        if person.username in people and person.is_trained and curriculum is not None:
            user = User.objects.get(username=person.username)
            with acting(user, reason="Training read and acknowledged", channel=Channel.WEB, by_person=True):
                complete_training(
                    curriculum=curriculum, sha256=content_hash(curriculum), password=password, by=user, at=noon(BEGINS)
                )
