"""Who had access on a day: answered from the trail, as the system itself decided on that day."""

import random
from datetime import date, datetime, time, timedelta

import pytest
from django.db.models import F

from ctms.accounts import access
from ctms.accounts.held import held_on
from ctms.accounts.models import Assignment, Delegation, Membership, Organisation, Scope, User
from ctms.accounts.roles import Role
from ctms.accounts.services import grants
from ctms.accounts.services.sponsors import add_member
from ctms.core import clock
from ctms.core.acting import on_simulated_day
from ctms.core.refusals import Refusal
from tests.conftest import act, person, signed_in
from tests.factories import make

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("P11-10d-1")]
ROLES = (Role.CTA, Role.CRA, Role.INSPECTOR)
DAYS = 20
CHANGES = ("grant",) * 9 + ("end", "end", "revoke", "delegate", "undelegate", "shut", "open", "open", "leave")


def held(day: date, users: set[int]) -> set[tuple[int, str, str]]:
    rows = held_on(day).filter(user__in=users).annotate(path=F("scope__path"))
    return set(rows.values_list("user_id", "role", "path"))


def grants_now(user: User) -> tuple[access.Grant, ...]:
    return access.grants_of(user) + access.untrained_grants_of(user)


def let_in(users: list[User]) -> set[tuple[int, str, str]]:
    """What the system goes by at this moment; of training, which closes a role and does not take it away, apart."""
    fresh = User.objects.filter(pk__in=[user.pk for user in users])
    return {(user.pk, grant.role, grant.path) for user in fresh for grant in grants_now(user)}


class Drift:
    """Random changes of everything that decides about access, some dated back, some refused."""

    def __init__(self, seed: int, users: list[User], ada: User) -> None:
        self.dice, self.users, self.ada = random.Random(seed), users, ada
        self.scopes = list(Scope.objects.filter(label__in=["Germany", "France", "D3460C00002"]))

    def step(self, today: date) -> None:
        user, near = self.dice.choice(self.users), today + timedelta(days=self.dice.randint(-4, 4))
        given = self.dice.choice([None, *Assignment.objects.filter(user__in=self.users)])
        delegation = self.dice.choice(list(Delegation.objects.all()))
        until = self.dice.choice([None, None, near + timedelta(days=self.dice.randint(0, 9))])
        change = self.dice.choice(CHANGES)
        try:
            with act(self.ada):
                if change == "grant":
                    grants.assign_role(user=user, role=self.dice.choice(ROLES), scope=self.dice.choice(self.scopes),
                                       starts_on=near, ends_on=until, by=self.ada)  # fmt: skip
                elif change == "end" and given is not None:
                    grants.end_assignment(assignment=given, ends_on=near, by=self.ada)
                elif change == "revoke" and given is not None:
                    grants.revoke_assignment(assignment=given, by=self.ada, at=clock.now())
                elif change == "delegate":
                    grants.delegate(organisation=Organisation.objects.get(kind="CRO"), roles=[Role.CRA, Role.CTA],
                                    scope=self.dice.choice(self.scopes), starts_on=near, ends_on=until, document="eTMF",
                                    by=self.ada)  # fmt: skip
                elif change == "undelegate":
                    grants.end_delegation(delegation=delegation, ends_on=near, by=self.ada)
                elif change in ("shut", "open"):
                    (grants.deactivate if change == "shut" else grants.reactivate)(user=user, by=self.ada)
                elif change == "leave":
                    Membership.objects.filter(user=user).update(ends_on=until)
        except Refusal:
            pass


@pytest.mark.parametrize("seed", [3, 20_261_123])
def test_the_answer_is_what_the_system_decided_on_the_day(north, now, seed):
    ada, users = person("ada"), []
    for kind in ("SPONSOR", "SPONSOR", "CRO", "CRO"):
        with act(ada):
            users.append(make(User))
            employer = Organisation.objects.get(kind=kind)
            add_member(sponsor=north, user=users[-1], organisation=employer, starts_on=date(2024, 1, 1))
    drift, known = Drift(seed, users, ada), {}
    begins = now.date() + timedelta(days=1)
    for day in (begins + timedelta(days=ahead) for ahead in range(DAYS)):
        decided = set()
        for hour in (3, 7, 11, 15, 19):
            with on_simulated_day(datetime.combine(day, time(hour), now.tzinfo)):
                decided |= let_in(users)
                drift.step(day)
                access.forget(ada)
                decided |= let_in(users)
        known[day] = decided
    assert sum(map(len, known.values())) > 2 * DAYS
    for day, decided in known.items():
        assert held(day, {user.pk for user in users}) == decided, day


def test_what_was_ended_or_dated_back_since_is_still_told(north, now):
    """Later corrections change what is so, not what was."""
    ada, mara = person("ada"), person("mara")
    given = Assignment.objects.get(user=mara)
    day = now.date() - timedelta(days=30)
    with act(ada):
        grants.end_assignment(assignment=given, ends_on=day - timedelta(days=5), by=ada)
        late = grants.assign_role(
            user=mara, role=Role.CTA, scope=given.scope, starts_on=day - timedelta(days=5), by=ada
        )
    on_the_day = set(held_on(day).filter(user=mara).values_list("id", flat=True))
    assert on_the_day == {given.pk}
    assert set(held_on(now.date() + timedelta(days=1)).filter(user=mara).values_list("id", flat=True)) == {late.pk}
    page = signed_in("ada").get(f"/in/north/access/?on={day}&q=Mara").content.decode()
    assert "Study manager" in page
    assert "1 role held" in page
    csv = b"".join(signed_in("ada").get(f"/in/north/access/?on={day}&q=Mara&format=csv").streaming_content).decode()
    assert "Study manager" in csv
    assert "Clinical trial assistant" not in csv
