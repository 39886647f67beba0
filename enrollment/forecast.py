"""How many subjects will be enrolled by when: Poisson-gamma, after Anisimov and Fedorov (2007). Pure; no chance in it.

Subjects arrive at each open site at a rate of its own, as a Poisson process; the rates of a study's sites are spread as
a gamma distribution with shape `alpha` and `beta` months of exposure. A site that enrolled n in t months then has a
rate spread as gamma(alpha + n, beta + t): what it did pulls it away from what sites usually do, the more the longer it
is open. Sites still to be opened have gamma(alpha, beta), from a day that is spread evenly over a stretch.

What all of them will enrol in a stretch is not summed by simulation: its mean and variance are known exactly, and the
negative binomial distribution with these gives the quantiles (the approximation that Anisimov himself proposes). So
the same facts always give the same forecast. Its limits are told in docs/enrollment.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, log1p, sqrt

MONTH = 365.25 / 12  # days
USUAL_SHAPE = 1.5  # of rates among sites, where there are too few to tell; within what published trials show
FEWEST_SITES = 5  # with any exposure, before their own spread is believed
PLAN_WEIGHT = 3.0  # months of exposure that a planned rate is worth
_SHAPES = (0.3, 20.0)


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A site that was open: what it enrolled in how many months, and whether it goes on."""

    months: float
    enrolled: int
    goes_on: bool = True


@dataclass(frozen=True, slots=True)
class ComingSite:
    """A site that will open: at the earliest and at the latest in so many months from now."""

    earliest: float
    latest: float


@dataclass(frozen=True, slots=True)
class Prior:
    """The spread of rates among sites: gamma with this shape, and this many months of exposure."""

    alpha: float
    beta: float

    @property
    def rate(self) -> float:
        """Subjects a site and month, on average."""
        return self.alpha / self.beta


@dataclass(frozen=True, slots=True)
class Expected:
    """How many, by some day: the mean, and the 10 % and 90 % quantiles."""

    mean: float
    low: int
    high: int


def prior_from(sites: Sequence[OpenSite], planned_rate: float | None = None) -> Prior | None:
    """The spread of rates, from the sites' own record by the method of moments, and the plan while that is short.

    The mean rate is (sum n + w r) / (sum t + w), r the planned rate and w `PLAN_WEIGHT` months; without a plan w is 0.
    The shape is m^2 sum t^2 / (k / (k - 1) sum (n - m t)^2 - m sum t) of k sites: what counts spread beyond Poisson.

    Returns:
        None where nothing is known at all: no exposure and no plan, or nobody enrolled and no plan.
    """
    exposed = [site for site in sites if site.months > 0]
    count, months = sum(site.enrolled for site in exposed), sum(site.months for site in exposed)
    weight = PLAN_WEIGHT if planned_rate else 0.0
    if months + weight <= 0:
        return None
    rate = (count + weight * (planned_rate or 0)) / (months + weight)
    if rate <= 0:
        return None
    shape = USUAL_SHAPE
    if len(exposed) >= FEWEST_SITES:
        squares = sum((site.enrolled - rate * site.months) ** 2 for site in exposed) * len(exposed) / (len(exposed) - 1)
        beyond = squares - rate * months
        most = _SHAPES[1]
        shape = rate**2 * sum(site.months**2 for site in exposed) / beyond if beyond > 0 else most
        shape = min(max(shape, _SHAPES[0]), most)
    return Prior(shape, shape / rate)


def expected(
    sites: Sequence[OpenSite], coming: Sequence[ComingSite], prior: Prior, months: float, *, ceiling: int | None = None
) -> Expected:
    """How many are enrolled from now until so many months from now, at most `ceiling`: then enrollment ends."""
    mean = variance = 0.0
    for site in sites:
        if site.goes_on:
            shape, exposure = prior.alpha + site.enrolled, prior.beta + site.months
            rate = shape / exposure
            mean += rate * months
            variance += rate * months + rate * months**2 / exposure
    first, second = prior.rate, prior.alpha * (prior.alpha + 1) / prior.beta**2
    leaning = 0.0  # by how much the count moves with the mean rate, of which all sites together know only so much
    for site in sites:
        if site.goes_on:
            leaning += prior.beta / (prior.beta + site.months) * months
    for one in coming:
        stretch, squared = _exposure(one, months)
        leaning += stretch
        mean += first * stretch
        variance += first * stretch + second * squared - (first * stretch) ** 2
    variance += leaning**2 * _doubt(sites, prior)
    low, high = quantile(mean, variance, 0.1), quantile(mean, variance, 0.9)
    if ceiling is not None:
        mean, low, high = min(mean, ceiling), min(low, ceiling), min(high, ceiling)
    return Expected(mean, low, high)


def _doubt(sites: Sequence[OpenSite], prior: Prior) -> float:
    """The variance of the mean rate as it was worked out: sites differ, and what each enrolled was chance."""
    months = sum(site.months for site in sites)
    if not months:
        return prior.rate**2 / prior.alpha  # nothing but a plan
    spread = sum(site.months**2 for site in sites) / months**2
    return prior.rate / months + prior.rate**2 / prior.alpha * spread


def _exposure(one: ComingSite, months: float) -> tuple[float, float]:
    """The mean, and the mean square, of the months until then in which the site is open."""
    low, high = max(one.earliest, 0.0), max(one.latest, 0.0)
    if high <= low:
        stretch = max(months - low, 0.0)
        return stretch, stretch**2
    longest, shortest = max(months - low, 0.0), max(months - high, 0.0)
    width = high - low
    return (longest**2 - shortest**2) / (2 * width), (longest**3 - shortest**3) / (3 * width)


def quantile(mean: float, variance: float, share: float) -> int:
    """The least count that is not exceeded with probability `share`, of the negative binomial with these moments."""
    if mean <= 0:
        return 0
    if variance <= mean * 1.000001:
        return _poisson_quantile(mean, share)
    size = mean**2 / (variance - mean)
    chance, spread = size / (size + mean), sqrt(variance)
    # Begin far below, where nothing that counts is left out.
    count = max(0, int(mean - 9 * spread))
    term = exp(lgamma(size + count) - lgamma(size) - lgamma(count + 1) + size * log(chance) + count * log1p(-chance))
    total = term
    while total < share and count < mean + 40 * spread + 50:
        term *= (size + count) / (count + 1) * (1 - chance)
        count += 1
        total += term
    return count


def _poisson_quantile(mean: float, share: float) -> int:
    count = max(0, int(mean - 9 * sqrt(mean)))
    term = exp(count * log(mean) - mean - lgamma(count + 1))
    total = term
    while total < share and count < mean + 40 * sqrt(mean) + 50:
        count += 1
        term *= mean / count
        total += term
    return count
