"""Training in tests."""

from ctms.accounts import access
from ctms.accounts.models import Curriculum, TrainingRecord, User
from tests.conftest import act
from tests.factories import make


def trained(user: User, role: str) -> User:
    """The person, with the training of this role complete, if the role has any."""
    for curriculum in Curriculum.objects.filter(role=role, status="APPROVED").exclude(records__user=user):
        with act(user):
            make(TrainingRecord, curriculum=curriculum, user=user)
    access.forget(user)
    return user
