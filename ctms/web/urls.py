from django.urls import path

from ctms.web import views

urlpatterns = [
    path("health/", views.health, name="health"),
    path("style-guide/", views.style_guide, name="style-guide"),
]
