"""What the room of listening tells: each is sent inside the transaction of the change, once each time."""

from django.dispatch import Signal

session_finished = Signal()
"""A session is over and was lived. Arguments: `session` (Session, FINISHED, with `ended_at`).

Of live listening, `debrief_due_at` is set where somebody was listened to.
"""

session_missed = Signal()
"""A session's time has passed without it. Arguments: `session` (Session, MISSED). It may still be begun late."""

live_call_ended = Signal()
"""A customer's call is over. Arguments: `live_call` (LiveCall, ENDED). Its last events may still be on their way."""
