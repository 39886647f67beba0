from django.urls import path

from sites.views import directory, edits, lists, records, site

_STUDY = "s/<str:study>/"
_SITE = f"{_STUDY}site/<str:number>/"

urlpatterns = [
    path(f"{_STUDY}sites/", lists.SiteList.as_view(), name="sites"),
    path(f"{_STUDY}c/<str:country>/sites/", lists.SiteList.as_view(), name="country-sites"),
    path(f"{_STUDY}sites/add/", edits.AddSite.as_view(), name="site-add"),
    path(_SITE, site.Overview.as_view(), name="site"),
    path(f"{_SITE}edit/", edits.EditSite.as_view(), name="site-edit"),
    path(f"{_SITE}take-back/", edits.TakeBackSite.as_view(), name="site-take-back"),
    path(f"{_SITE}status/", site.Status.as_view(), name="site-status"),
    path(f"{_SITE}status/<int:pk>/correct/", records.Correct.as_view(), name="site-correct"),
    path(f"{_SITE}move/<str:move>/", site.Move.as_view(), name="site-move"),
    path(f"{_SITE}evidence/", records.Evidence.as_view(), name="site-evidence"),
    path(f"{_SITE}evidence/<int:pk>/withdraw/", records.Withdraw.as_view(), name="site-withdraw"),
    path(f"{_SITE}people/", records.People.as_view(), name="site-people"),
    path(f"{_SITE}people/<int:pk>/end/", records.EndPersonnel.as_view(), name="site-end-personnel"),
    path(f"{_SITE}people/<int:pk>/", edits.EditEngagement.as_view(), name="site-edit-personnel"),
    path(f"{_SITE}people/<int:pk>/take-back/", edits.TakeBackEngagement.as_view(), name="site-take-back-personnel"),
    path(f"{_SITE}history/", site.History.as_view(), name="site-history"),
    path(f"{_SITE}dossier/", site.Dossier.as_view(), name="site-dossier"),
    path(f"{_SITE}history/pdf/", site.HistoryPdf.as_view(), name="site-history-pdf"),
    path("facilities/", lists.FacilityList.as_view(), name="facilities"),
    path("facilities/add/", directory.AddFacility.as_view(), name="facility-add"),
    path("facilities/<int:facility>/", directory.FacilityPage.as_view(), name="facility"),
    path("facilities/<int:facility>/edit/", directory.EditFacility.as_view(), name="facility-edit"),
    path("people/", lists.PersonList.as_view(), name="people"),
    path("people/add/", directory.AddPerson.as_view(), name="person-add"),
    path("people/<int:person>/", directory.PersonPage.as_view(), name="person"),
    path("people/<int:person>/edit/", directory.EditPerson.as_view(), name="person-edit"),
]
