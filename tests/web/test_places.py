"""What every page of the house has in common."""

import pytest

from tests.conftest import person, signed_in

pytestmark = pytest.mark.django_db


def test_a_forms_target_opened_as_a_page_has_words(north):
    address = f"/in/north/access/people/{person('idris').pk}/deactivate/"
    answer = signed_in("petra").get(address)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")
    assert "This address only takes what a form sends." in answer.content.decode()
    assert person("idris").is_active
