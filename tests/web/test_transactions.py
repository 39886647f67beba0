"""A request is one transaction: what failed leaves nothing behind, and what is sent later has a scope of its own."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from ctms.core.acting import in_sponsor
from ctms.core.refusals import NotAllowed
from ctms.web.refused import RefusalPage
from ctms.web.transactions import RequestTransaction, stream
from sites.models import Facility
from tests.conftest import act
from tests.factories import make

pytestmark = pytest.mark.django_db


def writing(answer: Callable[[], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        make(Facility, name="Half done")
        return answer()

    return view


@pytest.mark.parametrize(("status", "stays"), [(200, True), (302, True), (409, True), (500, False), (503, False)])
def test_an_answer_of_ours_that_failed_takes_its_writes_back(north, petra, rf: RequestFactory, status, stays):
    request = rf.get("/")
    with act(petra):
        answer = RequestTransaction(writing(lambda: HttpResponse("words", status=status)))(request)
    assert (answer.status_code, answer.content) == (status, b"words")
    assert Facility.objects.filter(name="Half done").exists() is stays


def test_an_error_takes_its_writes_back(north, petra, rf: RequestFactory):
    def failing() -> HttpResponse:
        raise ZeroDivisionError

    with act(petra), pytest.raises(ZeroDivisionError):
        RequestTransaction(writing(failing))(rf.get("/"))
    assert not Facility.objects.filter(name="Half done").exists()


def test_what_is_sent_later_sees_the_sponsor_that_was_open(north, south):
    def count() -> list[bytes]:
        return [str(Facility.objects.count()).encode()]

    answer = stream(count, content_type="text/plain", file_name="count.txt")
    with in_sponsor(south.pk):
        assert b"".join(answer.streaming_content) == b"131"
    assert 'filename="count.txt"' in answer["Content-Disposition"]
    odd = stream(count, content_type="text/plain", file_name='site-"1"-Å.txt')["Content-Disposition"]
    assert odd == "attachment; filename*=utf-8''site-%221%22-%C3%85.txt"  # a number as a sponsor may give it


def test_nothing_is_sent_for_no_sponsor(db):
    with pytest.raises(LookupError, match="no sponsor is open"):
        stream(list, content_type="text/plain", file_name="count.txt")


def test_a_refusal_that_no_form_shows_is_a_page_with_its_sentence(db, rf: RequestFactory):
    page = RefusalPage(lambda request: HttpResponse())
    answer = page.process_exception(rf.get("/"), NotAllowed("NO", "Your roles do not include this."))
    assert answer is not None
    assert (answer.status_code, "Your roles do not include this." in answer.content.decode()) == (403, True)
    assert page.process_exception(rf.get("/"), ValueError()) is None
