from django.urls import path

from ctms.desk.views import jobs

urlpatterns = [
    path("jobs/", jobs.Jobs.as_view(), name="jobs"),
    path("jobs/list/", jobs.ListLater.as_view(), name="list-later"),
    path("jobs/<int:job>/", jobs.OneJob.as_view(), name="job"),
    path("jobs/<int:job>/file/", jobs.JobDownload.as_view(), name="job-file"),
]
