"""Who gives whom which role: nobody to themself, nothing a CRO was not handed, never blinded and unblinded at once."""

from datetime import date, timedelta

import pytest

from audit.models import AccessEvent
from ctms.accounts import access
from ctms.accounts.models import Assignment, Delegation, Membership, Organisation, Scope, User
from ctms.accounts.roles import DUTIES, UNBLINDED, VERBS, Role, duty_objection, exclusion
from ctms.accounts.services import grants
from ctms.accounts.services.sponsors import add_member
from ctms.core.acting import in_sponsor
from ctms.core.refusals import NotAllowed, Refusal
from sites.models import Site
from tests.conftest import act, person, signed_in
from tests.factories import make
from tests.training import trained

pytestmark = pytest.mark.django_db
FROM = date(2024, 1, 1)


@pytest.fixture
def ada(north) -> User:
    """The administrator, who grants."""
    return person("ada")


@pytest.fixture
def study_scope(north) -> Scope:
    return Scope.objects.get(kind="STUDY")


def newcomer(sponsor, ada, organisation: str = "SPONSOR") -> User:
    with act(ada):
        user = make(User)
        add_member(sponsor=sponsor, user=user, organisation=Organisation.objects.get(kind=organisation), starts_on=FROM)
    return user


def give(user, role, scope, by, **said) -> Assignment:
    """The role, with its training complete."""
    with act(by):
        given = grants.assign_role(user=user, role=role, scope=scope, by=by, **{"starts_on": FROM} | said)
    trained(user, role)
    return given


def refused(kind, code, *args, **said):
    before = Assignment.objects.count(), AccessEvent.objects.filter(kind="REFUSED").count()
    with pytest.raises(kind) as error:
        give(*args, **said)
    assert error.value.code == code
    after = Assignment.objects.count(), AccessEvent.objects.filter(kind="REFUSED").count()
    assert after == (before[0], before[1] + error.value.recorded)


def test_a_role_reaches_what_lies_below_its_scope_and_nothing_else(north, ada, study_scope, now):
    user = newcomer(north, ada)
    germany = Scope.objects.get(label="Germany")
    give(user, Role.CRA, germany, ada)
    seen = set(Site.objects.visible_to(user).values_list("country__country", flat=True))
    assert seen == {"DE"}
    assert access.Authority().may(user, "sites.qualify_site", Site.objects.filter(country__country="DE").first())
    assert not access.Authority().may(user, "sites.qualify_site", Site.objects.filter(country__country="FR").first())
    assert user.has_perm("accounts.role_cra", germany)
    assert not user.has_perm("accounts.role_cra", study_scope)


def test_a_role_counts_on_its_days_only(north, ada, study_scope, now):
    user = newcomer(north, ada)
    given = give(user, Role.CTA, study_scope, ada, ends_on=now.date())
    assert Site.objects.visible_to(user).exists()
    with act(ada):
        grants.end_assignment(assignment=given, ends_on=now.date() - timedelta(days=1), by=ada)
    access.forget(user)
    assert not Site.objects.visible_to(user).exists()
    assert not access.grants_of(user)


def test_a_role_is_ended_at_once_and_can_be_granted_anew(north, ada, study_scope, now):
    user = newcomer(north, ada)
    given = give(user, Role.CTA, study_scope, ada, starts_on=now.date())
    browser = signed_in(user.username)
    study = "/in/north/s/D3460C00002/"
    assert browser.get(study).status_code == 200
    said = {"ends_on": now.date(), "at_once": "on", "reason": "Lost the notebook"}
    assert signed_in("ada").post(f"/in/north/access/roles/{given.pk}/", said).status_code == 302
    assert browser.get(study).status_code == 404
    given.refresh_from_db()
    with act(ada), pytest.raises(Refusal, match="ended"):
        grants.revoke_assignment(assignment=given, by=ada, at=now)
    give(user, Role.CTA, study_scope, ada, starts_on=now.date())
    assert browser.get(study).status_code == 200


def test_ending_a_role_never_makes_it_longer(north, ada, study_scope, now):
    given = give(newcomer(north, ada), Role.CTA, study_scope, ada, ends_on=now.date())
    with act(ada), pytest.raises(Refusal, match="grant it anew"):
        grants.end_assignment(assignment=given, ends_on=now.date() + timedelta(days=1), by=ada)
    given.refresh_from_db()
    assert given.ends_on == now.date()
    assert Assignment.history.filter(id=given.pk).count() == 1


def test_nobody_grants_to_themself_or_without_the_right(north, ada, study_scope):
    refused(NotAllowed, "GRANT_TO_SELF", ada, Role.STUDY_MANAGER, study_scope, ada)
    refused(NotAllowed, "MAY_NOT_GRANT", person("lena"), Role.STUDY_MANAGER, study_scope, person("mara"))


def test_only_members_hold_roles(north, ada, study_scope):
    refused(Refusal, "NOT_A_MEMBER", person("otto"), Role.CTA, study_scope, ada)


def test_blinded_and_unblinded_exclude_each_other_in_a_study(north, ada, study_scope):
    refused(Refusal, "SEGREGATION", person("lena"), Role.UNBLINDED_CRA, study_scope, ada)
    user = newcomer(north, ada)
    give(user, Role.UNBLINDED_CRA, study_scope, ada)
    refused(Refusal, "SEGREGATION", user, Role.CRA, Scope.objects.get(label="France"), ada)
    give(user, Role.INSPECTOR, study_scope, ada)  # looks at the system, not at treatment


class TestDelegation:
    def test_a_cros_people_hold_what_was_handed_over_and_no_more(self, north, ada, study_scope):
        user = newcomer(north, ada, "CRO")
        refused(Refusal, "NOT_DELEGATED", user, Role.FINANCE_APPROVER, study_scope, ada)
        give(user, Role.CRA, Scope.objects.get(label="Germany"), ada)
        assert access.grants_of(user)

    def test_when_it_ends_their_roles_stop(self, north, ada, now):
        idris = person("idris")
        assert access.grants_of(idris)
        with act(ada):
            Delegation.objects.update(ends_on=now.date() - timedelta(days=1))
        access.forget(idris)
        assert not access.grants_of(idris)

    def test_ending_one_is_for_administrators_and_never_makes_it_longer(self, north, ada, now):
        delegation = Delegation.objects.first()
        mara = person("mara")
        with act(mara), pytest.raises(NotAllowed):
            grants.end_delegation(delegation=delegation, ends_on=now.date(), by=mara)
        yesterday = now.date() - timedelta(days=1)
        with act(ada):
            grants.end_delegation(delegation=delegation, ends_on=yesterday, by=ada)
            with pytest.raises(Refusal, match="delegate anew"):
                grants.end_delegation(delegation=delegation, ends_on=now.date(), by=ada)
            with pytest.raises(Refusal, match="before the first"):
                grants.end_delegation(delegation=delegation, ends_on=date(2001, 1, 1), by=ada)
        delegation.refresh_from_db()
        assert delegation.ends_on == yesterday

    def test_only_a_cro_needs_one_and_only_an_administrator_gives_it(self, north, ada, study_scope):
        before = Delegation.objects.count()
        said = {"scope": study_scope, "roles": [Role.CRA], "starts_on": FROM, "document": "eTMF 01"}
        with act(ada), pytest.raises(Refusal, match="is not a CRO"):
            grants.delegate(organisation=Organisation.objects.get(kind="SPONSOR"), by=ada, **said)
        mara = person("mara")
        with act(mara), pytest.raises(NotAllowed):
            grants.delegate(organisation=Organisation.objects.get(kind="CRO"), by=mara, **said)
        assert Delegation.objects.count() == before


def test_deactivation_is_for_others_and_for_administrators(north, ada):
    idris = person("idris")
    with act(ada), pytest.raises(Refusal, match="own account"):
        grants.deactivate(user=ada, by=ada)
    mara = person("mara")
    with act(mara), pytest.raises(NotAllowed):
        grants.deactivate(user=idris, by=mara)
    assert User.objects.filter(is_active=False).count() == 0
    with act(ada):
        grants.deactivate(user=idris, by=ada)
    assert not person("idris").is_active
    assert Membership.objects.filter(user=idris).exists()


def test_a_sponsor_shuts_people_out_of_its_own_doors_only(north, south, ada):
    idris, sol = person("idris"), person("sol")

    def lets_in() -> tuple[bool, set[str]]:
        user = person("idris")
        return user.is_active, {membership.sponsor.code for membership in access.memberships(user)}

    with act(ada), pytest.raises(Refusal, match="not a member"):
        grants.deactivate(user=sol, by=ada)
    with in_sponsor(south.pk), act(sol):
        add_member(sponsor=south, user=idris, organisation=Organisation.objects.get(kind="CRO"), starts_on=FROM)
        grants.deactivate(user=idris, by=sol)
    assert lets_in() == (True, {"north"})
    with act(ada):
        grants.deactivate(user=idris, by=ada)
        assert lets_in() == (False, set())
        grants.reactivate(user=idris, by=ada)
    assert lets_in() == (True, {"north"})  # what south shut stays shut
    with in_sponsor(south.pk), act(sol):
        grants.reactivate(user=idris, by=sol)
    assert lets_in() == (True, {"north", "south"})


@pytest.mark.requirement("P11-10g-2")
@pytest.mark.parametrize("duty", DUTIES, ids=lambda duty: duty.code)
def test_the_steps_of_a_duty_are_as_many_persons(duty):
    done = {}
    for number, step in enumerate(duty.steps):
        assert duty_objection(step, by=number, done=done) is None
        for earlier in done.values():
            assert duty_objection(step, by=earlier, done=done) == duty.sentence
        done[step] = number


def test_exclusion_is_symmetric():
    for one in Role:
        for other in Role:
            assert bool(exclusion(one, [other])) == bool(exclusion(other, [one])), (one, other)
    assert all(not VERBS[role] & {"sites.select_site"} for role in UNBLINDED)
