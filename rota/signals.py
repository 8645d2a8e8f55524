"""What the rota tells the rooms above it."""

from django.dispatch import Signal

duty_changed_hands = Signal()
"""A published duty has another officer. Sent after the change is committed.

Arguments: `duty` (Duty, with its new person), `before` (Person), `by` (Person), `reason` (str). A receiver that
raises is logged and does not undo the change.
"""
