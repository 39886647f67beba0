from django.urls import path

from enrollment.views import lists, messages, pages, plans, reconciliation

_STUDY = "s/<str:study>/"
_SITE = f"{_STUDY}site/<str:number>/"
_SUBJECT = f"{_STUDY}subject/<int:subject>/"
_ONE = f"{_STUDY}reconciliation/<int:discrepancy>/"

urlpatterns = [
    path(f"{_STUDY}enrollment/", pages.Enrollment.as_view(), name="enrollment"),
    path(f"{_STUDY}enrollment/enrolled/", pages.DefineEnrolled.as_view(), name="enrolled-define"),
    path(f"{_STUDY}c/<str:country>/enrollment/", pages.Enrollment.as_view(), name="country-enrollment"),
    path(f"{_SITE}enrollment/", pages.SiteEnrollment.as_view(), name="site-enrollment"),
    path(f"{_STUDY}enrollment/plan/", plans.EditPlan.as_view(), name="plan-edit"),
    path(f"{_STUDY}c/<str:country>/enrollment/plan/", plans.EditPlan.as_view(), name="country-plan-edit"),
    path(f"{_SITE}enrollment/plan/", plans.EditSitePlan.as_view(), name="site-plan-edit"),
    path(f"{_STUDY}reconciliation/", reconciliation.DiscrepancyList.as_view(), name="discrepancies"),
    path(_ONE, reconciliation.DiscrepancyPage.as_view(), name="discrepancy"),
    path(f"{_ONE}move/<str:move>/", reconciliation.MoveDiscrepancy.as_view(), name="discrepancy-move"),
    path(f"{_STUDY}subjects/", lists.SubjectList.as_view(), name="subjects"),
    path(f"{_STUDY}c/<str:country>/subjects/", lists.SubjectList.as_view(), name="country-subjects"),
    path(f"{_STUDY}subjects/visits/", lists.VisitList.as_view(), name="subject-visits"),
    path(_SUBJECT, pages.SubjectPage.as_view(), name="subject"),
    path(f"{_SUBJECT}messages/", messages.SubjectMessages.as_view(), name="subject-messages"),
    path(f"{_SUBJECT}messages/<int:message>/", messages.SubjectMessage.as_view(), name="subject-message"),
]
