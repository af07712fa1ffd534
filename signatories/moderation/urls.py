"""The moderator's addresses, under /moderation/."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from . import corrections, decisions, notices, queue, register, sign_in, sign_on

app_name = "moderation"

urlpatterns = [
    path("sign-in/", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("", queue.queue, name="queue"),
    path("register/<slug:slug>/", register.register, name="register"),
    path("sign-ons/<int:pk>/", sign_on.sign_on, name="sign_on"),
    path("sign-ons/<int:pk>/accept/", decisions.accept, name="accept"),
    path("sign-ons/<int:pk>/decline/", decisions.decline, name="decline"),
    path("sign-ons/<int:pk>/reopen/", decisions.reopen, name="reopen"),
    path("sign-ons/<int:pk>/withdraw/", decisions.withdraw, name="withdraw"),
    path("sign-ons/<int:pk>/notify/", notices.notify, name="notify"),
    path("sign-ons/<int:pk>/edit/", corrections.edit, name="edit"),
    path("notices/<int:pk>/settle/", notices.settle, name="settle"),
    path("corrections/", corrections.corrections, name="corrections"),
    path("corrections/<int:pk>/", corrections.correction, name="correction"),
    path("corrections/<int:pk>/apply/", corrections.apply, name="apply"),
    path("corrections/<int:pk>/refuse/", corrections.refuse, name="refuse"),
    path("corrections/<int:pk>/undo/", corrections.undo, name="undo_correction"),
    path("messages/<int:pk>/send-again/", sign_on.send_again, name="send_again"),
]
