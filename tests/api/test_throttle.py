"""So many requests a minute, with Redis or without."""

import pytest

from ctms.api import throttle
from tests.api.client import Program

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_away", [False, True], ids=["redis", "redis away"])
def test_too_many_requests(north, settings, monkeypatch, request, is_away):
    monkeypatch.setattr(throttle, "COUNTER", throttle.Counter())
    monkeypatch.setattr("ctms.api.base.COUNTER", throttle.COUNTER)
    monkeypatch.setattr(throttle.time, "time", lambda: 1_000_000_040.0)  # no new minute in between
    if is_away:
        settings.REDIS_URL = "redis://127.0.0.1:1"
        throttle._redis.cache_clear()
        request.addfinalizer(throttle._redis.cache_clear)
    settings.API_REQUESTS_PER_MINUTE = 3
    program = Program("petra")
    throttle_key = f"ctms:api:{1_000_000_040 // 60}:"
    if not is_away:
        for name in throttle._redis().scan_iter(f"{throttle_key}*"):
            throttle._redis().delete(name)
    answers = [program.get("/api/v1/me/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[3].json()["code"] == "TOO_MANY_REQUESTS"
    assert int(answers[3]["Retry-After"]) == 40
    assert Program("mara").get("/api/v1/me/").status_code == 200
