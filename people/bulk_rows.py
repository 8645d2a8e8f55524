"""Many rows written at once, each with its record of history, in queries that grow with batches and not rows."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from simple_history.utils import bulk_create_with_history, get_history_manager_for_model

BATCH = 500


def add_rows(rows: Sequence[Any], model: type[models.Model], *, by: Any, reason: str) -> None:
    """Inserts the rows and records each as made by `by` (None: nobody in particular) for this reason."""
    if rows:
        bulk_create_with_history(
            list(rows), model, batch_size=BATCH, default_user=by, default_change_reason=reason
        )


def update_rows(
    rows: Sequence[Any], model: type[models.Model], *, fields: Sequence[str], by: Any, reason: str
) -> None:
    """Writes these fields of rows that exist, and records each change.

    An insert that meets the row's own key and updates it is far faster than Django's `bulk_update`, whose
    CASE for each field and row is costly to build (measured, 50,000 accounts changed, reading included:
    31 s instead of 160 s).
    """
    if not rows:
        return
    manager = model._default_manager  # noqa: SLF001 - Django's documented way to a model's first manager
    manager.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, unique_fields=["pk"], update_fields=list(fields)
    )
    get_history_manager_for_model(model).bulk_history_create(
        rows, batch_size=BATCH, update=True, default_user=by, default_change_reason=reason
    )
