"""What answers to invitations tell: whoever put an entry into somebody's calendar hears what they said to it."""

from django.dispatch import Signal

invitation_answered = Signal()
"""Somebody accepted, declined or doubted an entry of their calendar, or took another answer back.

Sent after the answer is committed. Arguments: `invitation` (Invitation, its `answer` the new one), `by` (Person: the
invited or their assistant), `comment` (str, what they wrote beside it). A receiver that raises is logged.
"""
