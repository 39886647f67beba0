"""The Poisson-gamma forecast against numbers worked out by hand, and what it must never say."""

from math import exp

import pytest

from enrollment.forecast import ComingSite, OpenSite, Prior, expected, prior_from, quantile

FIVE = [OpenSite(2, 4), OpenSite(4, 2), OpenSite(6, 12), OpenSite(8, 4), OpenSite(10, 18)]


def test_the_spread_of_rates_by_hand():
    # 40 subjects in 30 months: rate 4/3. Sum of (n - m t)^2: (4-2.667)^2 + (2-5.333)^2 + (12-8)^2 + (4-10.667)^2
    # + (18-13.333)^2 = 1.778 + 11.111 + 16 + 44.444 + 21.778 = 95.111; by 5/4, less 40 is 78.889; sum of t^2 is 220.
    prior = prior_from(FIVE)
    assert prior.rate == pytest.approx(4 / 3)
    assert prior.alpha == pytest.approx((16 / 9) * 220 / 78.8889, rel=1e-5)
    # Too few sites to tell a spread; the plan's 2 a month counts as three months: (6 + 3 x 2) / (3 + 3).
    few = prior_from([OpenSite(3, 6)], 2.0)
    assert (few.alpha, few.rate) == (1.5, pytest.approx(2.0))
    assert prior_from([OpenSite(1, 0)]) is None
    assert prior_from([]) is None
    assert prior_from([], 0.5).rate == pytest.approx(0.5)


def test_mean_and_variance_by_hand():
    prior = Prior(2.0, 4.0)  # half a subject a site and month
    one = expected([OpenSite(6, 3)], [], prior, 2.0)
    assert one.mean == pytest.approx(5 / 10 * 2)  # (2 + 3) / (4 + 6) for two months
    closed = expected([OpenSite(6, 3, goes_on=False)], [], prior, 2.0)
    assert (closed.mean, closed.low, closed.high) == (0, 0, 0)
    # Opens evenly between months 1 and 3: by month 2 it is open for (1^2 - 0) / (2 x 2) = a quarter of a month.
    assert expected([], [ComingSite(1, 3)], prior, 2.0).mean == pytest.approx(0.125)
    assert expected([], [ComingSite(2, 2)], prior, 5.0).mean == pytest.approx(1.5)
    assert expected([], [ComingSite(3, 9)], prior, 3.0).mean == 0
    assert expected([OpenSite(6, 3)], [], prior, 200.0, ceiling=7) == expected(
        [OpenSite(6, 3)], [], prior, 300.0, ceiling=7
    )


def test_quantiles_by_hand():
    # Mean 2, variance 4: negative binomial of size 2, chance 1/2: 1/4, 1/4, 3/16, 1/8, 5/64, ...
    assert [quantile(2, 4, share) for share in (0.2, 0.25, 0.26, 0.5, 0.51, 0.68, 0.69)] == [0, 0, 1, 1, 2, 2, 3]
    # Poisson of mean 1: 0.368, 0.736, 0.920.
    assert [quantile(1, 1, share) for share in (exp(-1) - 1e-9, exp(-1) + 1e-9, 0.74, 0.93)] == [0, 1, 2, 3]
    assert quantile(0, 0, 0.9) == 0
    assert quantile(10_000, 40_000, 0.1) == pytest.approx(10_000 - 1.2816 * 200, abs=5)


def test_more_is_known_of_a_site_the_longer_it_is_open():
    prior = Prior(1.5, 1.5)
    new, old = (expected([OpenSite(months, months)] * 20, [], prior, 6.0) for months in (1, 24))
    assert new.mean == pytest.approx(old.mean) == pytest.approx(120)
    assert new.high - new.low > 1.3 * (old.high - old.low)
    assert old.low < old.mean < old.high
