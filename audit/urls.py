from django.urls import path

from audit import signature_views, views

urlpatterns = [
    path("audit/", views.TrailView.as_view(), name="audit"),
    path("access-log/", views.AccessLog.as_view(), name="access-log"),
    path("signatures/<int:pk>/", signature_views.SignaturePage.as_view(), name="signature"),
    path("signatures/<int:pk>/pdf/", signature_views.SignaturePdf.as_view(), name="signature-pdf"),
]
