"""What pages have to remember between two requests."""

from django.conf import settings
from django.db import models


class SentForm(models.Model):
    """A form that was sent once. The same form sent again (a double click, a reload) leads to the same `path`."""

    token = models.UUIDField(unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            # read by web.sending.forget_old
            models.Index(fields=["at"], name="sent_form_at"),
        ]

    def __str__(self) -> str:
        return str(self.token)


class HeldFile(models.Model):
    """A file between its preview and its import: what is applied is what was shown."""

    token = models.UUIDField(unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            # read by web.imports, which forgets what nobody applied
            models.Index(fields=["at"], name="held_file_at"),
        ]

    def __str__(self) -> str:
        return self.name
