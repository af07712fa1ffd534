"""The moderator's addresses, under /moderation/."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from . import decisions, digest, exports, figures, queue, register, sign_in, sign_on

app_name = "moderation"

urlpatterns = [
    path("sign-in/", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("", queue.queue, name="queue"),
    path("export/", exports.export, name="export"),
    path("figures/", figures.figures, name="figures"),
    path("figures/<slug:slug>/", figures.figures, name="letter_figures"),
    path("digest/", digest.digest, name="digest"),
    path("register/<slug:slug>/", register.register, name="register"),
    path("sign-ons/<int:pk>/", sign_on.sign_on, name="sign_on"),
    path("sign-ons/<int:pk>/accept/", decisions.accept, name="accept"),
    path("sign-ons/<int:pk>/decline/", decisions.decline, name="decline"),
    path("sign-ons/<int:pk>/reopen/", decisions.reopen, name="reopen"),
    path("sign-ons/<int:pk>/withdraw/", decisions.withdraw, name="withdraw"),
    path("messages/<int:pk>/send-again/", sign_on.send_again, name="send_again"),
]
