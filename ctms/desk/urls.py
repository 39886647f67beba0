from django.urls import path

from ctms.desk.views import jobs, notes, outbox, preferences, views, work

urlpatterns = [
    path("work/", work.MyWork.as_view(), name="work"),
    path("jobs/", jobs.Jobs.as_view(), name="jobs"),
    path("jobs/list/", jobs.ListLater.as_view(), name="list-later"),
    path("jobs/<int:job>/", jobs.OneJob.as_view(), name="job"),
    path("jobs/<int:job>/file/", jobs.JobDownload.as_view(), name="job-file"),
    path("views/", views.SavedViews.as_view(), name="views"),
    path("views/save/", views.SaveView.as_view(), name="save-view"),
    path("views/<int:view>/", views.ChangeView.as_view(), name="saved-view"),
    path("views/<int:view>/delete/", views.DeleteView.as_view(), name="delete-view"),
    path("notifications/", notes.Notifications.as_view(), name="notifications"),
    path("notifications/<int:notification>/", notes.OpenNotification.as_view(), name="notification"),
    path("mailbox/", notes.Mailbox.as_view(), name="mailbox"),
    path("mailbox/<int:mail>/", notes.OneMail.as_view(), name="mail"),
    path("preferences/", preferences.Preferences.as_view(), name="preferences"),
    path("preferences/digest/", preferences.DigestNow.as_view(), name="digest-now"),
    path("preferences/calendar/", preferences.MakeLink.as_view(), name="calendar-link"),
    path("preferences/calendar/revoke/", preferences.RevokeLink.as_view(), name="revoke-calendar-link"),
    path("outbox/", outbox.OutboxList.as_view(), name="outbox"),
    path("outbox/<int:entry>/retry/", outbox.RetryEntry.as_view(), name="retry-entry"),
]
