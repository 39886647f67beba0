from django.urls import path

from ctms.accounts.views import account, signing_in

urlpatterns = [
    path("", signing_in.home, name="home"),
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("sign-in/code/", signing_in.sign_in_code, name="sign-in-code"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
    path("account/", account.Account.as_view(), name="account"),
    path("account/history/", account.History.as_view(), name="account-history"),
    path("account/time-zone/", account.TimeZone.as_view(), name="account-time-zone"),
    path("account/password/", account.Password.as_view(), name="account-password"),
    path("account/second-step/", account.TwoStep.as_view(), name="account-second-step"),
    path("account/second-step/off/", account.TwoStepOff.as_view(), name="account-second-step-off"),
    path("account/recovery-codes/", account.RecoveryCodes.as_view(), name="account-recovery-codes"),
    path("account/sessions/end/", account.EndSession.as_view(), name="account-end-session"),
]
