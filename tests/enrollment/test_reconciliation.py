"""EDC, IRT and CTMS compared: what was planted is found, nothing else, and it closes when the source is put right."""

from datetime import timedelta

import pytest
from django.db import transaction

from ctms.core.metrics import read_here
from ctms.core.refusals import BadInput, NotAllowed, Refusal
from ctms.demo.history import approve_schedule
from ctms.demo.pen import Pen
from ctms.integrations.models import Connection, FeedCursor, Format
from ctms.integrations.registry import Kind
from ctms.studies.models import Study
from ctms.web.places import Place
from enrollment.metrics import CONSENTED
from enrollment.models import Discrepancy
from enrollment.reconcile import GRACE
from enrollment.services.reconciliation import move_discrepancy, reconcile_study
from enrollment.sides import sides_of
from enrollment.work import discrepancies
from tests.conftest import act, person, signed_in
from tests.factories import make
from tests.outside import Outside
from tests.seed import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-2")]


def standing() -> set[tuple[str, str]]:
    return set(Discrepancy.objects.exclude(status="CLOSED").values_list("difference", "number"))


def planted(outside: Outside) -> set[tuple[str, str]]:
    """Those of the truth file that are due: what is missing may be missing for some days."""
    due = (outside.world.now - timedelta(days=GRACE)).date().isoformat()
    return {
        (one["kind"], one["subject"])
        for one in outside.world.truth()["planted"]
        if one["since"] is None or one["since"] <= due
    }


def assert_ages_are_of_the_oldest_resource(place, edc, user):
    """The rule of the comparison holds for numbers too; a connection that is only drafted does not count."""
    oldest = FeedCursor.objects.filter(connection=edc).earliest("source_as_of")
    with transaction.atomic(), act(user):
        FeedCursor.objects.filter(pk=oldest.pk).update(source_as_of=oldest.source_as_of - timedelta(hours=3))
        make(Connection, scope=place.study.scope, format=Format.RWS, status="DRAFT", name="Another EDC")
        (reading,) = read_here([CONSENTED], place, user)
        assert reading.source.said_at == oldest.source_as_of - timedelta(hours=3)
        assert sides_of(place.study).as_of[Kind.EDC] == reading.source.said_at
        assert shown_of(edc) == reading.source.said_at
        # While something was not read to the end, nothing is said of when; what was read grows old all the same.
        FeedCursor.objects.filter(pk=oldest.pk).update(succeeded_at=None)
        FeedCursor.objects.filter(connection=edc).update(source_as_of=oldest.source_as_of - timedelta(days=3))
        (reading,) = read_here([CONSENTED], place, user)
        assert (reading.source.age, reading.source.is_stale) == ("not read to the end yet", True)
        assert shown_of(edc) is None
        transaction.set_rollback(True)


def shown_of(connection):
    """Of when the page of data sources says it is."""
    rows = signed_in("mara").get("/in/north/s/D3460C00002/sources/").context["connections"]
    return next(row["as_of"] for row in rows if row["connection"] == connection)


def test_what_was_planted_is_found_and_closes_by_itself(north, mara):
    approve_schedule(person("petra"), Pen(PASSWORD))
    outside = Outside(size=6)
    connections = [outside.connect(format) for format in (Format.RWS, Format.CTMS_IRT_1)]
    outside.read(connections[0])
    assert standing() == {one for one in planted(outside) if one[0] in ("DUPLICATE_NUMBER", "BEFORE_ACTIVATION")}
    outside.read(connections[1])
    assert len(planted(outside)) >= 6
    assert standing() == planted(outside)

    study, at = Study.objects.get(), outside.world.now
    before = Discrepancy.history.count()
    with act(mara):
        assert reconcile_study(study=study, at=at) == len(planted(outside))
    assert Discrepancy.history.count() == before, "what stands as before is not written"
    assert_ages_are_of_the_oldest_resource(Place(north, study), connections[0], mara)
    with transaction.atomic(), act(mara):
        FeedCursor.objects.update(succeeded_at=None)
        assert read_here([CONSENTED], Place(north, study), mara)[0].source.age == "not read to the end yet"
        assert reconcile_study(study=study, at=at) == len(planted(outside)), "what cannot be judged still stands"
        transaction.set_rollback(True)
    items = list(discrepancies(mara, north, at))
    assert {item.title.partition(":")[0] for item in items} == {number for _, number in planted(outside)}

    one, other = Discrepancy.objects.order_by("pk")[:2]
    with act(mara):
        with pytest.raises(BadInput, match="why"):
            move_discrepancy(discrepancy=one, move="explain", reason="", by=mara)
        move_discrepancy(discrepancy=one, move="explain", reason="The site sends a correction", by=mara)
        move_discrepancy(discrepancy=other, move="take", reason="", by=mara)
        with pytest.raises(Refusal, match="possible from"):
            move_discrepancy(discrepancy=one, move="take", reason="", by=mara)
    with act(person("fumi")), pytest.raises(NotAllowed):
        move_discrepancy(discrepancy=other, move="explain", reason="No", by=person("fumi"))
    assert len(list(discrepancies(mara, north, at))) == len(items) - 1

    later = at + timedelta(days=1)
    outside.options["mended_at"] = at + timedelta(hours=2)
    outside.look(later)
    for connection in connections:
        outside.read(connection, at=later)
    assert standing() == set()
    assert Discrepancy.objects.filter(status="CLOSED", closed_at=later).count() >= len(items)
    assert list(discrepancies(mara, north, later)) == []
    browser = signed_in("mara")
    page = browser.get("/in/north/s/D3460C00002/reconciliation/")
    assert (page.context["listing"]["count"], "The systems agree" in page.content.decode()) == (0, True)
    (applied,) = page.context["filters"]["applied"]
    for address in (applied["remove_url"], page.context["actions"][0]["url"]):
        assert browser.get(address).context["listing"]["count"] == Discrepancy.objects.count() > 0
