"""The moderator's addresses, under /moderation/."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from . import moderation

app_name = "moderation"

urlpatterns = [
    path("sign-in/", moderation.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("", moderation.queue, name="queue"),
    path("register/<slug:slug>/", moderation.register, name="register"),
    path("sign-ons/<int:pk>/", moderation.sign_on, name="sign_on"),
    path("sign-ons/<int:pk>/accept/", moderation.accept, name="accept"),
    path("sign-ons/<int:pk>/decline/", moderation.decline, name="decline"),
    path("sign-ons/<int:pk>/reopen/", moderation.reopen, name="reopen"),
    path("sign-ons/<int:pk>/withdraw/", moderation.withdraw, name="withdraw"),
    path("messages/<int:pk>/send-again/", moderation.send_again, name="send_again"),
]
