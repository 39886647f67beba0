from django.urls import path

from ctms.desk.views import preferences

urlpatterns = [path("calendar/<str:key>.ics", preferences.feed, name="calendar-feed")]
