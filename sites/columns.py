"""What lists of sites, facilities and people show."""

from ctms.studies.importers.countries import country_name
from ctms.studies.services.load_study import REGISTRY
from ctms.web.columns import Column
from ctms.web.templatetags.ctms import spoken
from sites.models import EnrollmentStatus, Facility, OperationalStatus, Person

S = OperationalStatus
E = EnrollmentStatus

_TONES = {
    S.ACTIVATED: "ok", S.CLOSED: "mute", S.ARCHIVED: "mute", S.CLOSE_OUT: "info", S.IDENTIFIED: "open",
    S.DECLINED: "mute", S.NOT_SELECTED: "mute", S.BACKUP: "mute",
    S.DO_NOT_USE: "bad", S.DROPPED: "bad", S.TERMINATED: "bad",
}  # fmt: skip
_ENROLLMENT_TONES = {E.NOT_OPEN: "open", E.OPEN: "ok", E.ON_HOLD: "watch", E.CLOSED: "mute"}


def status_tone(status: str) -> str:
    """The tone of a site's status chip; what is under way is "info"."""
    return _TONES.get(OperationalStatus(status), "info")


def enrollment_tone(status: str) -> str:
    return _ENROLLMENT_TONES[EnrollmentStatus(status)]


def _sites(facility: Facility) -> str:
    return ", ".join(sorted(f"{site.study} {site}" for site in facility.sites.all()))


def _engagements(person: Person) -> str:
    return "; ".join(f"{one.site} {one.get_role_display()}" for one in person.engagements.all())


SITE_COLUMNS = (
    Column("number", "Site", lambda site: site.number, "id", ("number",), phone="title", is_link=True,
           machine="number"),
    Column("facility", "Facility or city", lambda site: site.facility.name or site.facility.place, "text",
           ("facility__name", "facility__city"), phone="main",
           sub=lambda site: site.facility.place if site.facility.name else ""),
    Column("facility_name", "Facility", lambda site: site.facility.name, only_exported=True, machine="facility__name"),
    Column("city", "City", lambda site: site.facility.city, only_exported=True, machine="facility__city"),
    Column("region", "State or region", lambda site: site.facility.region, only_exported=True,
           machine="facility__region"),
    Column("postal_code", "Postal code", lambda site: site.facility.postal_code, only_exported=True,
           machine="facility__postal_code"),
    Column("country", "Country", lambda site: site.country.name, "text", ("country_rank",),
           machine="country__country"),
    Column("country_code", "Country code", lambda site: site.country.country, only_exported=True),
    Column("status", "Status", lambda site: site.get_operational_status_display(), "status", ("status_rank",),
           tone=lambda site: status_tone(site.operational_status), phone="main", generated=True,
           machine="operational_status"),
    Column("since", "Since", lambda site: site.status_on, "date", ("status_on",), generated=True, machine="status_on"),
    Column("enrollment", "Enrollment", lambda site: site.get_enrollment_status_display(), "status",
           ("enrollment_rank",), tone=lambda site: enrollment_tone(site.enrollment_status),
           generated=True, machine="enrollment_status"),
    Column("registry", "Registry says", lambda site: spoken(site.registry_status or ""), "text", phone="hide",
           sub=lambda site: f"{REGISTRY}, {site.registry_as_of:%-d %b %Y}" if site.registry_status else "",
           machine="registry_status"),
    Column("latitude", "Latitude", lambda site: site.facility.latitude, "number", only_exported=True,
           machine="facility__latitude"),
    Column("longitude", "Longitude", lambda site: site.facility.longitude, "number", only_exported=True,
           machine="facility__longitude"),
    Column("time_zone", "Time zone", lambda site: site.facility.time_zone, only_exported=True,
           machine="facility__time_zone"),
)  # fmt: skip

FACILITY_COLUMNS = (
    Column("name", "Facility or city", lambda facility: facility.name or facility.place, "text", ("name", "city"),
           phone="title", sub=lambda facility: facility.place if facility.name else "", is_link=True),
    Column("facility_name", "Facility", lambda facility: facility.name, only_exported=True, machine="name"),
    Column("city", "City", lambda facility: facility.city, only_exported=True, machine="city"),
    Column("region", "State or region", lambda facility: facility.region, only_exported=True, machine="region"),
    Column("country", "Country", lambda facility: country_name(facility.country), "text", ("country",), phone="main",
           machine="country"),
    Column("postal_code", "Postal code", lambda facility: facility.postal_code, "text", ("postal_code",),
           machine="postal_code"),
    Column("sites", "Sites", _sites, "text"),
    Column("time_zone", "Time zone", lambda facility: facility.time_zone, "text", ("time_zone",),
           machine="time_zone"),
)  # fmt: skip

PERSON_COLUMNS = (
    Column("name", "Name", lambda person: person.name, "text", ("name",), phone="title", is_link=True,
           generated=True, machine="name"),
    Column("sites", "Sites and roles", _engagements, "text", phone="main", generated=True),
    Column("source", "Source", lambda person: person.source or "Entered here", "text", ("source",), machine="source"),
)  # fmt: skip
