"""Where administrators look after tokens, beside their other pages."""

from django.urls import path

from api import token_pages

app_name = "tokens"
urlpatterns = [
    path("", token_pages.tokens, name="list"),
    path("<int:pk>/end/", token_pages.end, name="end"),
]
