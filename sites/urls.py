from django.urls import path

from sites.views import directory, duplicates, edits, golive, imports, lists, records, site
from sites.views.startup import board, configurations, items
from sites.views.startup import lists as startup_lists
from sites.views.startup import site as startup_site

_STUDY = "s/<str:study>/"
_SITE = f"{_STUDY}site/<str:number>/"
_BATCH = f"{_STUDY}go-live/<int:batch>/"
_START = f"{_STUDY}start-up/"
_ITEM = f"{_START}items/<int:item>/"
_VERSION = f"{_START}configuration/<int:configuration>/"

urlpatterns = [
    path(f"{_STUDY}sites/", lists.SiteList.as_view(), name="sites"),
    path(f"{_STUDY}c/<str:country>/sites/", lists.SiteList.as_view(), name="country-sites"),
    path(f"{_STUDY}import/", imports.Import.as_view(), name="import"),
    path(f"{_STUDY}import/template/<slug:kind>/", imports.Template.as_view(), name="import-template"),
    path(f"{_STUDY}import/<int:upload>/", imports.Preview.as_view(), name="import-preview"),
    path(f"{_STUDY}import/<int:upload>/errors/", imports.Errors.as_view(), name="import-errors"),
    path(f"{_STUDY}import/<int:upload>/discard/", imports.Discard.as_view(), name="import-discard"),
    path(f"{_STUDY}go-live/", golive.Migrations.as_view(), name="migrations"),
    path(f"{_STUDY}go-live/new/", golive.NewMigration.as_view(), name="migration-new"),
    path(f"{_BATCH}", golive.Migration.as_view(), name="migration"),
    path(f"{_BATCH}move/<str:move>/", golive.Move.as_view(), name="migration-move"),
    path(f"{_BATCH}lines/add/", golive.AddLine.as_view(), name="migration-line-add"),
    path(f"{_BATCH}lines/<int:line>/remove/", golive.RemoveLine.as_view(), name="migration-line-remove"),
    path(f"{_BATCH}lines/<int:line>/put-back/", golive.PutBackLine.as_view(), name="migration-line-put-back"),
    path(f"{_START}", board.Board.as_view(), name="startup"),
    path(f"{_START}items/", startup_lists.ItemList.as_view(), name="startup-items"),
    path(f"{_ITEM}", items.Item.as_view(), name="startup-item"),
    path(f"{_ITEM}settle/", items.Settle.as_view(), name="startup-item-settle"),
    path(f"{_ITEM}hand-over/", items.HandOver.as_view(), name="startup-item-hand-over"),
    path(f"{_ITEM}expect/", items.Expect.as_view(), name="startup-item-expect"),
    path(f"{_ITEM}reopen/", items.Reopen.as_view(), name="startup-item-reopen"),
    path(f"{_ITEM}waive/", items.Waive.as_view(), name="startup-item-waive"),
    path(f"{_ITEM}waivers/<int:waiver>/move/<str:move>/", items.WaiverMove.as_view(), name="startup-waiver-move"),
    path(f"{_START}configuration/", configurations.Configurations.as_view(), name="startup-configurations"),
    path(f"{_START}configuration/new/", configurations.NewConfiguration.as_view(), name="startup-configuration-new"),
    path(f"{_VERSION}", configurations.Configuration.as_view(), name="startup-configuration"),
    path(f"{_VERSION}move/<str:move>/", configurations.Move.as_view(), name="startup-configuration-move"),
    path(f"{_STUDY}sites/add/", edits.AddSite.as_view(), name="site-add"),
    path(f"{_SITE}edit/", edits.EditSite.as_view(), name="site-edit"),
    path(f"{_SITE}take-back/", edits.TakeBackSite.as_view(), name="site-take-back"),
    path(f"{_SITE}status/", site.Status.as_view(), name="site-status"),
    path(f"{_SITE}status/<int:pk>/correct/", records.Correct.as_view(), name="site-correct"),
    path(f"{_SITE}move/<str:move>/", site.Move.as_view(), name="site-move"),
    path(f"{_SITE}evidence/", records.Evidence.as_view(), name="site-evidence"),
    path(f"{_SITE}evidence/<int:pk>/withdraw/", records.Withdraw.as_view(), name="site-withdraw"),
    path(f"{_SITE}start-up/", startup_site.StartUp.as_view(), name="site-startup"),
    path(f"{_SITE}start-up/open/", startup_site.OpenChecklist.as_view(), name="site-startup-open"),
    path(f"{_SITE}people/", records.People.as_view(), name="site-people"),
    path(f"{_SITE}people/<int:pk>/end/", records.EndPersonnel.as_view(), name="site-end-personnel"),
    path(f"{_SITE}people/<int:pk>/", edits.EditEngagement.as_view(), name="site-edit-personnel"),
    path(f"{_SITE}people/<int:pk>/take-back/", edits.TakeBackEngagement.as_view(), name="site-take-back-personnel"),
    path(f"{_SITE}history/", site.History.as_view(), name="site-history"),
    path(f"{_SITE}dossier/", site.Dossier.as_view(), name="site-dossier"),
    path(f"{_SITE}history/pdf/", site.HistoryPdf.as_view(), name="site-history-pdf"),
    path("facilities/", lists.FacilityList.as_view(), name="facilities"),
    path("facilities/add/", directory.AddFacility.as_view(), name="facility-add"),
    path("facilities/duplicates/", duplicates.FacilityDuplicates.as_view(), name="facility-duplicates"),
    path(
        "facilities/duplicates/<int:first>/<int:second>/",
        duplicates.MergeFacilities.as_view(),
        name="facility-merge",
    ),
    path("facilities/<int:facility>/", directory.FacilityPage.as_view(), name="facility"),
    path("facilities/<int:facility>/edit/", directory.EditFacility.as_view(), name="facility-edit"),
    path("people/", lists.PersonList.as_view(), name="people"),
    path("people/add/", directory.AddPerson.as_view(), name="person-add"),
    path("people/duplicates/", duplicates.PersonDuplicates.as_view(), name="person-duplicates"),
    path("people/duplicates/<int:first>/<int:second>/", duplicates.MergePeople.as_view(), name="person-merge"),
    path("people/<int:person>/", directory.PersonPage.as_view(), name="person"),
    path("people/<int:person>/edit/", directory.EditPerson.as_view(), name="person-edit"),
]
