from django.urls import path

from monitoring.views import candidates, issues, lists, planning, reports, visits

_STUDY = "s/<str:study>/"
_SITE = f"{_STUDY}site/<str:number>/"
_TRIP = f"{_SITE}visits/<int:trip>/"
_LETTER = f"{_TRIP}letters/<int:letter>/"
_ITEM = f"{_SITE}follow-ups/<int:follow_up>/"
_CANDIDATE = f"{_SITE}deviation-candidates/<int:candidate>/"
_DEVIATION = f"{_SITE}deviations/<int:deviation>/"

urlpatterns = [
    path(f"{_STUDY}visits/", lists.VisitList.as_view(), name="visits"),
    path(f"{_STUDY}follow-ups/", lists.FollowUpList.as_view(), name="follow-ups"),
    path(f"{_STUDY}deviations/", lists.DeviationList.as_view(), name="deviations"),
    path(f"{_STUDY}deviations/candidates/", candidates.CandidateList.as_view(), name="deviation-candidates"),
    path(f"{_SITE}visits/", planning.SiteVisits.as_view(), name="site-visits"),
    path(f"{_SITE}visits/plan/", planning.PlanVisit.as_view(), name="visit-plan"),
    path(f"{_SITE}visits/plan-due/", planning.PlanDue.as_view(), name="visits-plan-due"),
    path(f"{_SITE}visits/cadence/", planning.EditCadence.as_view(), name="cadence"),
    path(_TRIP, visits.Trip.as_view(), name="trip"),
    path(f"{_TRIP}move/<str:move>/", visits.Move.as_view(), name="trip-move"),
    path(f"{_TRIP}replan/", visits.Replan.as_view(), name="trip-replan"),
    path(f"{_TRIP}report/", reports.Report.as_view(), name="trip-report"),
    path(f"{_TRIP}report/save/", reports.Save.as_view(), name="trip-save"),
    path(f"{_TRIP}report/comment/", reports.Comment.as_view(), name="trip-comment"),
    path(f"{_TRIP}report/refresh/", reports.Refresh.as_view(), name="trip-refresh"),
    path(f"{_TRIP}report/pdf/", visits.Pdf.as_view(), name="trip-pdf"),
    path(_LETTER, visits.LetterPage.as_view(), name="letter"),
    path(f"{_LETTER}sent/", visits.LetterSent.as_view(), name="letter-sent"),
    path(f"{_LETTER}pdf/", visits.LetterPdf.as_view(), name="letter-pdf"),
    path(f"{_SITE}follow-ups/add/", issues.RaiseFollowUp.as_view(), name="follow-up-add"),
    path(_ITEM, issues.FollowUpPage.as_view(), name="follow-up"),
    path(f"{_ITEM}note/", issues.NoteProgress.as_view(), name="follow-up-note"),
    path(f"{_ITEM}move/<str:move>/", issues.FollowUpMove.as_view(), name="follow-up-move"),
    path(f"{_SITE}deviations/add/", issues.RaiseDeviation.as_view(), name="deviation-add"),
    path(_DEVIATION, issues.DeviationPage.as_view(), name="deviation"),
    path(f"{_DEVIATION}edit/", issues.EditDeviation.as_view(), name="deviation-edit"),
    path(f"{_DEVIATION}move/<str:move>/", issues.DeviationMove.as_view(), name="deviation-move"),
    path(_CANDIDATE, candidates.CandidatePage.as_view(), name="deviation-candidate"),
    path(f"{_CANDIDATE}move/<str:move>/", candidates.MoveCandidate.as_view(), name="deviation-candidate-move"),
]
