"""The representative's addresses, each in every language of the interface: `/fr/…`, and English without a prefix."""

from django.urls import path

from .views import colleague, confirm, contact, invited, lost, my_data, objection, receipt, sent, sign, status

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
    path("status/<str:token>/contact/", contact.change_contact, name="change_contact"),
    path("status/<str:token>/hand-over/", contact.hand_over, name="hand_over"),
    path("status/<str:token>/keep/", contact.keep, name="keep"),
    # the links of a mailbox that takes over, and of the one that is left
    path("contact/<str:token>/", contact.contact, name="contact"),
    path("successor/<str:token>/", contact.successor, name="successor"),
    path("stop/<str:token>/", contact.stop, name="stop"),
    # /links/: for whoever lost theirs
    path("links/", lost.lost, name="lost"),
    path("links/sent/", lost.sent, name="lost_sent"),
    path("status/<str:token>/receipt/", receipt.receipt, name="receipt"),
    path("status/<str:token>/my-data/", my_data.my_data, name="my_data"),
    path("status/<str:token>/my-data/my-data.json", my_data.download, name="my_data_download"),
    path("status/<str:token>/my-data/erase/", my_data.erase, name="erase"),
    # the links of an invitation to a coalition's member
    path("invited/<str:token>/", invited.member, name="member"),
    path("invited/<str:token>/sign/", invited.member_sign, name="member_sign"),
    path("unsubscribe/<str:token>/", invited.unsubscribe, name="unsubscribe"),
    # the link of a notice
    path("objection/<str:token>/", objection.objection, name="objection"),
]
