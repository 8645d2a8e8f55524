"""What the people's room tells the rooms above it."""

from django.dispatch import Signal

person_left = Signal()
"""Somebody was deactivated. Sent inside the transaction, after the person was saved as inactive.

Arguments: `person` (Person), `by` (Person or None). Whatever they own needs another owner: a room above gives it
to somebody here, in the same transaction. A receiver that raises undoes the deactivation.
"""

wrong_code = Signal()
"""Somebody typed a wrong code at sign-in. Arguments: `request` (HttpRequest or None)."""
