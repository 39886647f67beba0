"""What REST is measured against: a stock viewset with guardian, and a view of nothing but SQL and orjson.

All of them run in the house's own middleware, and are entered with the same token.
"""

from contextlib import ExitStack
from typing import Any

import orjson
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from guardian.shortcuts import get_objects_for_user
from rest_framework import mixins, pagination, serializers, viewsets

from ctms.accounts.models.keys import digest_of
from ctms.api.entry import entered
from ctms.core.acting import in_sponsor
from ctms.studies.models import ExternalClaim
from sites.models import Site

_ENTRY = "select sponsor_id, record_id from accounts_entrykey where digest = %s"
_PERSON = """
    select t.user_id from accounts_apitoken t join accounts_user u on u.id = t.user_id
    join accounts_membership m on m.user_id = u.id and m.sponsor_id = t.sponsor_id
    where t.id = %s and t.revoked_at is null and t.expires_at > ctms_now() and u.is_active
      and m.starts_on <= ctms_now()::date and (m.ends_on is null or m.ends_on >= ctms_now()::date)"""
_LIST = """
    select s.id, s.number, f.name as facility_name, f.city, f.region, f.postal_code, c.country,
           s.operational_status as status, s.status_on as since, s.enrollment_status as enrollment,
           (select x.value from studies_externalclaim x
            where x.scope_id = s.scope_id and x.topic = 'recruitment_status') as registry,
           f.latitude::text, f.longitude::text, f.time_zone
    from bench_membership m
    join studies_study t on t.id = m.study_id
    join sites_site s on s.study_id = t.id
    join studies_studycountry c on c.id = s.country_id
    join sites_facility f on f.id = s.facility_id
    where m.user_id = %s and t.slug = %s order by s.number, s.id limit 100"""
_COUNT = """
    select count(*) from (
        select from bench_membership m join studies_study t on t.id = m.study_id join sites_site s on s.study_id = t.id
        where m.user_id = %s and t.slug = %s limit 1001) found"""


class SiteSerializer(serializers.ModelSerializer):
    facility_name = serializers.CharField(source="facility.name")
    city = serializers.CharField(source="facility.city")
    region = serializers.CharField(source="facility.region")
    postal_code = serializers.CharField(source="facility.postal_code")
    country = serializers.CharField(source="country.country")
    status = serializers.CharField(source="operational_status")
    since = serializers.DateField(source="status_on")
    enrollment = serializers.CharField(source="enrollment_status")
    registry = serializers.CharField()
    latitude = serializers.DecimalField(8, 5, source="facility.latitude")
    longitude = serializers.DecimalField(8, 5, source="facility.longitude")
    time_zone = serializers.CharField(source="facility.time_zone")

    class Meta:
        model = Site
        fields = ("id", "number", "facility_name", "city", "region", "postal_code", "country", "status", "since",
                  "enrollment", "registry", "latitude", "longitude", "time_zone")  # fmt: skip


class Hundred(pagination.PageNumberPagination):
    page_size = 100


class Stock(mixins.ListModelMixin, viewsets.GenericViewSet):
    """As the tutorials have it, with the joins made right."""

    serializer_class = SiteSerializer
    pagination_class = Hundred
    authentication_classes = ()
    permission_classes = ()

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with ExitStack() as self.entered:
            return super().dispatch(request, *args, **kwargs).render()

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        request.user = self.entered.enter_context(entered(request.META["HTTP_AUTHORIZATION"])).user

    def get_queryset(self) -> Any:
        claim = ExternalClaim.objects.filter(scope=OuterRef("scope"), topic="recruitment_status")
        sites = Site.objects.select_related("facility", "country").filter(study__slug=self.kwargs["study"])
        sites = sites.annotate(registry=Subquery(claim.values("value")[:1]))
        return get_objects_for_user(self.request.user, "sites.view_site", sites).order_by("number")


@login_not_required
def raw(request: HttpRequest, study: str) -> HttpResponse:
    """The same answer by hand: a token that counts today, a membership for all access there is, a join, a count."""
    key = request.META["HTTP_AUTHORIZATION"].partition(" ")[2]
    with connection.cursor() as cursor:
        cursor.execute(_ENTRY, [digest_of(key)])
        sponsor, token = cursor.fetchone()
        with in_sponsor(sponsor):
            cursor.execute(_PERSON, [token])
            [user] = cursor.fetchone()
            cursor.execute(_LIST, [user, study])
            names = [column.name for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            cursor.execute(_COUNT, [user, study])
            [count] = cursor.fetchone()
    return HttpResponse(orjson.dumps({"count": count, "results": rows}), content_type="application/json")
