"""The representative's addresses, each in every language of the interface: `/fr/…`, and English without a prefix."""

from django.urls import path

from .views import colleague, confirm, objection, sent, sign, status

app_name = "signatories"

urlpatterns = [
    # /LETTER/sign/: one form, once, without an account
    path("<slug:slug>/sign/", sign.sign, name="sign"),
    path("<slug:slug>/sign/sent/", sent.sent, name="sent"),
    path("<slug:slug>/sign/resent/", sent.resent, name="resent"),
    # for a colleague who may sign, with what is known of the organisation; for those who decide
    path("<slug:slug>/sign/for/<str:data>/", sign.prefilled, name="prefilled"),
    path("<slug:slug>/board/", colleague.board, name="board"),
    # links in e-mails: GET shows, POST acts
    path("confirm/<str:token>/", confirm.confirm, name="confirm"),
    path("status/<str:token>/", status.status, name="status"),
    path("status/<str:token>/correct/", status.correct, name="correct"),
    path("status/<str:token>/answer/", status.answer, name="answer"),
    path("status/<str:token>/withdraw/", status.withdraw, name="withdraw"),
    # the link of a notice
    path("objection/<str:token>/", objection.objection, name="objection"),
]
