"""Calling people until enough of them answer.

An escalation walks the steps of the alert's route (`alerts.routes`: its policy, or the roles of the posture's
audience), then repeats on the fallback role for as long as nobody answers: it ends by an answer, by the end of the
danger or by being subsumed, and otherwise never goes silent. Those who answered or passed the alert on are not called
again.

==========  ==============================================  ===============================================
state       when                                            then
==========  ==============================================  ===============================================
STOPPED     the alert is raised                             WAITING, due after the audience's ``group_wait``
WAITING     due                                             call step 1 → CALLING
CALLING     due, a step is left                             call its people; due again after its ``delay``
CALLING     the step reaches nobody                         say so and take the next step at once
CALLING     due, no step is left                            call the fallback role; due after ``repeat``
CALLING     all of the fallback answered or passed it on    call the others; if there are none, the fallback again
CALLING     a contact fails, the person has another left    that one is used; with two at once, when both failed
CALLING     every contact of a step failed                  due at once
CALLING     every contact of the fallback role failed       stays due after ``repeat``: no storm of failing calls
CALLING     one of the step's people passes it on           due at once, while somebody else can be called
CALLING     one of several answers required                 goes on for those who did not answer
any         enough answers, resolved, subsumed              STOPPED
STOPPED     the answer was passed on                        CALLING, due at once, from the step where it stopped
STOPPED     the same, and a call was recalled meanwhile     CALLING, due at once, from the step of that call
STOPPED     the answer was withdrawn                        WAITING, due at once, from step 1
any         the audience needs no answer, all were told     STOPPED
any         there is no roster                              one non-send, then waits for a roster
any         an exercise has no participant to call          its non-sends, then waits for a roster
any         a roster arrives for one that waited            due at once, from step 1
WAITING     stopped or begun again                          one non-send: the first message was never written
any         due, the alert is silenced                      one non-send → WAITING, due when the silence ends
==========  ==============================================  ===============================================

Calls that may not have left yet when it stops are recalled (`alerts.recalls`).

A roster that arrives meanwhile is used from the next step on: the step is counted in the new one.
"""

from alerts.escalation.answered import can_call_somebody_else, hand_on, leave_out, remind
from alerts.escalation.messages import announce_end, not_sent
from alerts.escalation.reports import delivered, failed
from alerts.escalation.running import hold, left_untold, resume, roster_arrived, start, start_over, stop
from alerts.escalation.state import Caller, EscalationState, PendingCall
from alerts.escalation.steps import advance

__all__ = [
    "Caller",
    "EscalationState",
    "PendingCall",
    "advance",
    "announce_end",
    "can_call_somebody_else",
    "delivered",
    "failed",
    "hand_on",
    "hold",
    "leave_out",
    "left_untold",
    "not_sent",
    "remind",
    "resume",
    "roster_arrived",
    "start",
    "start_over",
    "stop",
]
