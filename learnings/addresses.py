"""The pages of this room, as mails, feeds and other programs name them."""

from django.conf import settings


def page_address(path: str) -> str:
    """The whole address of a page of ours."""
    return f"{settings.PUBLIC_BASE_URL}{path}"


def learning_path(pk: int) -> str:
    return f"/learnings/{pk}/"


def theme_path(pk: int) -> str:
    return f"/learnings/themes/{pk}/"


def action_path(pk: int) -> str:
    return f"/learnings/actions/{pk}/"


def idea_path(pk: int) -> str:
    return f"/learnings/ideas/{pk}/"


def notice_path(pk: int) -> str:
    return f"/learnings/notices/{pk}/"
