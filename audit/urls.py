from django.urls import path

from audit import views

urlpatterns = [
    path("audit/", views.TrailView.as_view(), name="audit"),
    path("access-log/", views.AccessLog.as_view(), name="access-log"),
]
