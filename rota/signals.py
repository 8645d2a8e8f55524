"""What the rota tells the rooms above it."""

from django.dispatch import Signal

duty_changed_hands = Signal()
"""A published duty has another officer. Sent after the change is committed.

Arguments: `duty` (Duty, with its new person), `before` (Person), `by` (Person), `reason` (str). A receiver that
raises is logged and does not undo the change.
"""

rota_published = Signal()
"""The days of a rota are published. Sent once, after they are committed.

Arguments: `rota` (Rota), `duties` (list of Duty, their people with them), `holds` (list of ListeningHold), `by`
(Person or None). A receiver that raises is logged and undoes nothing. It is sent from the process that published:
whatever takes long belongs into the queue.
"""

times_given_back = Signal()
"""Published times to listen were taken back for a duty or an absence. Sent after the change is committed.

Arguments: `holds` (list of ListeningHold). A receiver that raises is logged and undoes nothing; whatever takes long
belongs into the queue.
"""
