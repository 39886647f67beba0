"""The tests' time: the demo's story as far as it had come in its ninth month, which is world enough for them."""

from datetime import date

from ctms.demo.calendar import morning

TODAY = date(2024, 3, 11)
SHOWN_FROM = morning(TODAY)
