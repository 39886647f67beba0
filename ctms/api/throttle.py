"""So many requests per token and minute. Counted in Redis; where Redis is away, each process counts for itself."""

import logging
import time
from dataclasses import dataclass, field
from functools import cache

import redis
from django.conf import settings
from django.db import connection
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger("ctms.rest")
_WINDOW = 60  # seconds
_LEAVE_ALONE = 5  # seconds without asking Redis again after it did not answer


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a token may still ask in this window."""

    limit: int
    left: int  # negative: too many
    renewed_in: int  # seconds

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.left)),
            "RateLimit-Reset": str(self.renewed_in),
        }


@dataclass
class Counter:
    """Counts per window and token."""

    away_until: float = 0.0
    own: dict[int, int] = field(default_factory=dict)
    window: int = 0

    def count(self, token: int) -> Allowance:
        """Counts one more request of this token."""
        now = time.time()
        window, left_of_it = int(now // _WINDOW), _WINDOW - int(now % _WINDOW)
        limit = settings.API_REQUESTS_PER_MINUTE
        return Allowance(limit, limit - self._counted(window, token, now), left_of_it)

    def _counted(self, window: int, token: int, now: float) -> int:
        if now >= self.away_until:
            try:
                name = f"{connection.settings_dict['NAME']}:api:{window}:{token}"
                calls = _redis().pipeline(transaction=False)
                calls.incr(name)
                calls.expire(name, 2 * _WINDOW)
                return int(calls.execute()[0])
            except (redis.RedisError, OSError) as error:
                self.away_until = now + _LEAVE_ALONE
                log.warning("Redis does not count requests, this process does for now: %s", error)
        if window != self.window:
            self.window, self.own = window, {}
        self.own[token] = self.own.get(token, 0) + 1
        return self.own[token]


@cache
def _redis() -> "redis.Redis":
    once = Retry(NoBackoff(), 0)  # whoever waits for an answer does not wait for Redis
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, retry=once)


COUNTER = Counter()
