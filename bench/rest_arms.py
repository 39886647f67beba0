"""What REST is measured against: a stock viewset with guardian, and a view of nothing but SQL and orjson.

All of them run in the house's own middleware, and are entered with the same token.
"""

from contextlib import ExitStack
from typing import Any

import orjson
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from guardian.shortcuts import get_objects_for_user
from rest_framework import mixins, pagination, serializers, viewsets

from ctms.accounts.models.keys import digest_of
from ctms.api.entry import entered
from ctms.core.acting import in_sponsor
from sites.models import Site

_ENTER = """
    select e.sponsor_id, t.user_id from accounts_entrykey e
    join lateral (select set_config('ctms.sponsor', e.sponsor_id::text, true)) s on true
    join bench_token t on t.id = e.record_id where e.digest = %s"""
_LIST = """
    select s.id, s.number, f.name as facility_name, f.city, f.region, f.postal_code, c.country,
           s.operational_status as status, s.status_on as since, s.enrollment_status as enrollment,
           f.latitude::text, f.longitude::text, f.time_zone
    from bench_membership m
    join studies_study t on t.id = m.study_id
    join sites_site s on s.study_id = t.id
    join studies_studycountry c on c.id = s.country_id
    join sites_facility f on f.id = s.facility_id
    where m.user_id = %s and t.slug = %s order by s.number, s.id limit 100"""


class SiteSerializer(serializers.ModelSerializer):
    facility_name = serializers.CharField(source="facility.name")
    city = serializers.CharField(source="facility.city")
    region = serializers.CharField(source="facility.region")
    postal_code = serializers.CharField(source="facility.postal_code")
    country = serializers.CharField(source="country.country")
    status = serializers.CharField(source="operational_status")
    since = serializers.DateField(source="status_on")
    enrollment = serializers.CharField(source="enrollment_status")
    latitude = serializers.DecimalField(8, 5, source="facility.latitude")
    longitude = serializers.DecimalField(8, 5, source="facility.longitude")
    time_zone = serializers.CharField(source="facility.time_zone")

    class Meta:
        model = Site
        fields = ("id", "number", "facility_name", "city", "region", "postal_code", "country", "status", "since",
                  "enrollment", "latitude", "longitude", "time_zone")  # fmt: skip


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
        sites = Site.objects.select_related("facility", "country").filter(study__slug=self.kwargs["study"])
        return get_objects_for_user(self.request.user, "sites.view_site", sites).order_by("number")


@login_not_required
def raw(request: HttpRequest, study: str) -> HttpResponse:
    """A token, a membership, a join: what hand-written SQL needs at least."""
    key = request.META["HTTP_AUTHORIZATION"].partition(" ")[2]
    with connection.cursor() as cursor:
        cursor.execute(_ENTER, [digest_of(key)])
        sponsor, user = cursor.fetchone()
        with in_sponsor(sponsor):
            cursor.execute(_LIST, [user, study])
            names = [column.name for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return HttpResponse(orjson.dumps({"results": rows}), content_type="application/json")
