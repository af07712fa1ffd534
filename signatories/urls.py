"""The representative's addresses, each in every language of the interface: `/fr/…`, and English without a prefix."""

from django.urls import path

from .views import confirm, invited, objection, sign, status

app_name = "signatories"

urlpatterns = [
    # /LETTER/sign/: one form, once, without an account
    path("<slug:slug>/sign/", sign.sign, name="sign"),
    path("<slug:slug>/sign/sent/", sign.sent, name="sent"),
    # links in e-mails: GET shows, POST acts
    path("confirm/<str:token>/", confirm.confirm, name="confirm"),
    path("status/<str:token>/", status.status, name="status"),
    path("status/<str:token>/correct/", status.correct, name="correct"),
    path("status/<str:token>/answer/", status.answer, name="answer"),
    path("status/<str:token>/withdraw/", status.withdraw, name="withdraw"),
    # the links of an invitation to a coalition's member
    path("invited/<str:token>/", invited.member, name="member"),
    path("invited/<str:token>/sign/", invited.member_sign, name="member_sign"),
    path("unsubscribe/<str:token>/", invited.unsubscribe, name="unsubscribe"),
    # the link of a notice
    path("objection/<str:token>/", objection.objection, name="objection"),
]
