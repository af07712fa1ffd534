"""The representative's addresses, each in every language of the interface: `/fr/…`, and English without a prefix."""

from django.urls import path

from .views import confirm, my_data, objection, receipt, sign, status

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
    path("status/<str:token>/receipt/", receipt.receipt, name="receipt"),
    path("status/<str:token>/my-data/", my_data.my_data, name="my_data"),
    path("status/<str:token>/my-data/my-data.json", my_data.download, name="my_data_download"),
    path("status/<str:token>/my-data/erase/", my_data.erase, name="erase"),
    # the link of a notice
    path("objection/<str:token>/", objection.objection, name="objection"),
]
