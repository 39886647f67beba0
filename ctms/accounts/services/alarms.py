"""Who hears of wrong secrets: the access log of each sponsor the person works for and, of a lock, people.

Failed sign-ins are told a few seconds later, by a task: telling at once would take longer for names somebody has.
"""

from datetime import datetime
from typing import Any

from ctms.accounts import access
from ctms.accounts.models import User, WrongSecrets
from ctms.core.acting import in_sponsor
from ctms.core.outbox import after_commit
from ctms.core.use_case import use_case

_AT_A_TIME = 100


@use_case
def tell_failed_sign_ins(*, at: datetime) -> int:
    """Tells what the access logs have not heard of yet; returns how many failures that were."""
    told = 0
    untold = WrongSecrets.objects.exclude(untold=[]).select_related("user").order_by("pk")
    for counted in untold.select_for_update(of=("self",), skip_locked=True)[:_AT_A_TIME]:
        told += len(counted.untold)
        if counted.user is not None:
            for said in counted.untold:
                tell(counted.user, said, at)
        counted.untold = []
        counted.save(update_fields=["untold"])
    return told


def tell(user: User, said: dict[str, Any], at: datetime) -> None:
    """Notes a wrong secret and, where it `locks`, the lock; has the person and their administrators warned of that."""
    detail = {name: value for name, value in said.items() if name != "locks" and value}
    access.record("PROOF_FAILED" if "where" in said else "SIGN_IN_FAILED", user, **detail)
    if not said["locks"]:
        return
    access.record("LOCKED", user, **detail)
    for membership in access.memberships(user):
        with in_sponsor(membership.sponsor_id):
            after_commit("ctms.desk.tasks.warn_of_lock", user_id=user.pk, locked_at=at.isoformat())
