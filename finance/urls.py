from django.urls import path

from finance.views import agreements, banking, lists, payables, runs

_STUDY = "s/<str:study>/"
_AGREEMENT = f"{_STUDY}agreements/<int:agreement>/"
_VERSION = f"{_AGREEMENT}versions/<int:version>/"
_RUN = f"{_STUDY}payment-runs/<int:run>/"
_PAYMENT = f"{_RUN}payments/<int:payment>/"
_BANK = f"{_STUDY}payees/<int:payee>/bank/"

urlpatterns = [
    path(f"{_STUDY}agreements/", lists.AgreementList.as_view(), name="agreements"),
    path(f"{_STUDY}agreements/new/", agreements.NewAgreement.as_view(), name="agreement-new"),
    path(_AGREEMENT, agreements.AgreementPage.as_view(), name="agreement"),
    path(f"{_AGREEMENT}amend/", agreements.Amend.as_view(), name="agreement-amend"),
    path(_VERSION, agreements.VersionPage.as_view(), name="agreement-version"),
    path(f"{_VERSION}terms/", agreements.EditTerms.as_view(), name="agreement-terms"),
    path(f"{_VERSION}move/<str:move>/", agreements.MoveVersion.as_view(), name="agreement-move"),
    path(f"{_VERSION}payees/add/", agreements.EditShare.as_view(), name="share-add"),
    path(f"{_VERSION}payees/<int:share>/", agreements.EditShare.as_view(), name="share-edit"),
    path(f"{_VERSION}payees/<int:share>/remove/", agreements.RemovePart.as_view(), name="share-remove"),
    path(
        f"{_VERSION}payees/<int:share>/put-back/",
        agreements.RemovePart.as_view(puts_back=True),
        name="share-put-back",
    ),
    path(f"{_VERSION}fees/add/", agreements.EditFee.as_view(), name="fee-add"),
    path(f"{_VERSION}fees/<int:fee>/", agreements.EditFee.as_view(), name="fee-edit"),
    path(f"{_VERSION}fees/<int:fee>/remove/", agreements.RemovePart.as_view(), name="fee-remove"),
    path(f"{_VERSION}fees/<int:fee>/put-back/", agreements.RemovePart.as_view(puts_back=True), name="fee-put-back"),
    path(f"{_STUDY}payables/", lists.PayableList.as_view(), name="payables"),
    path(f"{_STUDY}payables/<int:payable>/", payables.PayablePage.as_view(), name="payable"),
    path(f"{_STUDY}payment-runs/", lists.RunList.as_view(), name="runs"),
    path(f"{_STUDY}payment-runs/new/", runs.NewRun.as_view(), name="run-new"),
    path(_RUN, runs.RunPage.as_view(), name="run"),
    path(f"{_RUN}calculate/", runs.Recalculate.as_view(), name="run-recalculate"),
    path(f"{_RUN}move/<str:move>/", runs.MoveRun.as_view(), name="run-move"),
    path(f"{_RUN}erp/", runs.ErpFile.as_view(), name="run-erp"),
    path(f"{_RUN}confirmations/", runs.Confirmations.as_view(), name="run-confirmations"),
    path(_PAYMENT, runs.Remittance.as_view(), name="remittance"),
    path(f"{_PAYMENT}pdf/", runs.RemittancePdf.as_view(), name="remittance-pdf"),
    path(f"{_PAYMENT}csv/", runs.RemittanceCsv.as_view(), name="remittance-csv"),
    path(_BANK, banking.Bank.as_view(), name="bank"),
    path(f"{_BANK}<int:detail>/move/<str:move>/", banking.MoveBank.as_view(), name="bank-move"),
    path(f"{_STUDY}site/<str:number>/payments/", payables.SitePayments.as_view(), name="site-payments"),
]
