"""Adding people, and what they change of themselves."""

from datetime import date, datetime

from ctms.accounts.models import Organisation, Scope, Sponsor, User
from ctms.accounts.models.users import fold
from ctms.accounts.roles import Role
from ctms.accounts.services.grants import assign_role
from ctms.accounts.services.passwords import one_time_password, set_password
from ctms.accounts.services.sponsors import add_member, create_sponsor
from ctms.core import protocols
from ctms.core.acting import in_sponsor
from ctms.core.refusals import BadInput, NotAllowed
from ctms.core.use_case import use_case


@use_case
def add_person(
    *, sponsor: Sponsor, username: str, full_name: str, organisation: Organisation, starts_on: date,
    ends_on: date | None = None, email: str = "", time_zone: str = "UTC", by: User | None,
) -> tuple[User, str]:  # fmt: skip
    """Makes a user and their membership of the open sponsor; returns both the user and a password for once.

    Args:
        by: who adds them; None for the system's own set-up commands.

    Raises:
        NotAllowed: `by` may not add people here.
        BadInput: the name is, or ever was, somebody's; something else makes no sense.
    """
    if by is not None and not protocols.authority().may(by, "accounts.edit_user", Scope.objects.get(path=Scope.ROOT)):
        raise NotAllowed("MAY_NOT_ADD", "Your roles do not include adding people.", recorded=True)
    if User.objects.filter(username=fold(username)).exists():
        words = "This user name is taken: they are never used again."
        raise BadInput("NAME_TAKEN", words, fields={"username": words})
    user = User.objects.create_user(username, full_name=full_name, email=email, time_zone=time_zone)
    add_member(sponsor=sponsor, user=user, organisation=organisation, starts_on=starts_on, ends_on=ends_on)
    password = one_time_password()
    return set_password(user=user, password=password, by=by, is_temporary=True), password


@use_case
def found_sponsor(
    *, code: str, name: str, administrator: str, full_name: str, email: str, time_zone: str, at: datetime
) -> tuple[User, str]:
    """Makes a sponsor and its first administrator, who adds everybody else; returns them and a password for once."""
    sponsor = create_sponsor(code=code, name=name)
    with in_sponsor(sponsor.pk):
        user, password = add_person(
            sponsor=sponsor, username=administrator, full_name=full_name, email=email, time_zone=time_zone,
            organisation=Organisation.objects.get(), starts_on=at.date(), by=None,
        )  # fmt: skip
        root = Scope.objects.get(path=Scope.ROOT)
        assign_role(user=user, role=Role.ADMINISTRATOR, scope=root, starts_on=at.date(), by=None)
    return user, password


@use_case
def set_time_zone(*, time_zone: str, by: User) -> User:
    """The zone in which a person's days begin and end."""
    user = User.objects.select_for_update().get(pk=by.pk)
    user.time_zone = time_zone
    user.clean_fields(exclude=["password"])
    user.save(update_fields=["time_zone"])
    return user
