from django.apps import AppConfig


class EnrollmentConfig(AppConfig):
    """Subjects as statuses (no clinical data), their visits and counts; what EDC and IRT say of them."""

    name = "enrollment"
    label = "enrollment"
