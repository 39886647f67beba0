"""How many have to approve a payment, by its amount: `settings.FINANCE_BANDS`."""

from decimal import Decimal

from django.conf import settings

MOST = 3


def approvers(amount: Decimal, currency: str) -> int:
    """One below the first limit, two from it on (exactly at it, too), three from the second.

    A currency without limits of its own asks for the most.
    """
    limits = settings.FINANCE_BANDS.get(currency)
    if limits is None:
        return MOST
    return 1 + sum(amount >= limit for limit in limits)
