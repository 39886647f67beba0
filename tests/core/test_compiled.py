"""Queries spelled once: their values vary, and nothing else of a former call is left."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, QuerySet, Value
from django.test.utils import CaptureQueriesContext

from ctms.accounts.models import Membership, User
from ctms.core.compiled import Compiled


def _of(*, user: int, until: date) -> QuerySet[Any, Any]:
    found = Membership.objects.filter(user=user, starts_on__lte=until)
    return found.annotate(three=Value(3)).values_list("user_id", "starts_on", "user__username", "three")


def test_values_vary_and_have_their_types(north, mara, otto):
    compiled = Compiled(_of, user=-1, until=date(1, 1, 1))
    for user in (mara, otto, mara):
        [row] = compiled(user=user.pk, until=date(2026, 11, 23))
        assert row == (user.pk, user.memberships.get().starts_on, user.username, 3)
    assert compiled(user=mara.pk, until=date(1999, 1, 1)) == []


def test_it_is_counted_as_a_query_and_says_what_the_orm_says(north, mara):
    compiled = Compiled(_of, user=-1, until=date(1, 1, 1))
    with CaptureQueriesContext(connection) as asked:
        for _ in range(4):  # the third is prepared
            said = compiled(user=mara.pk, until=date(2026, 11, 23))
    assert ["accounts_membership" in query["sql"] for query in asked] == [True] * 4
    assert said == list(_of(user=mara.pk, until=date(2026, 11, 23)))


def test_a_value_that_the_query_does_not_use_is_refused(db):
    compiled = Compiled(lambda name: User.objects.filter(username=F("full_name")).values_list("pk"), name="nobody")
    with pytest.raises(LookupError, match="does not use name"):
        compiled(name="mara")
