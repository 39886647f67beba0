"""Templates are rendered here without `manage.py collectstatic` having run."""

from collections.abc import Iterator

import pytest
from django.test import override_settings


@pytest.fixture(scope="package", autouse=True)
def plain_static_addresses() -> Iterator[None]:
    """Static files under their own names, as while DEBUG is on: there is no manifest of hashed names."""
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={"staticfiles": storage}):
        yield
