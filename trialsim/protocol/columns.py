"""Columns of the packed tables in which an engine reports what happened (see :class:`trialsim.engine.trace.EventTrace`)."""

# Visits: tick, why it was missed; then, for each group of practitioners, who of them served last.
V_TIME, V_REASON, V_SERVED = range(3)
# Activities and attempts: ticks; planned and delivered lengths; failed tries, tries, success; then, for each group of
# practitioners with a varying effect, who of them had served last when it began.
A_START, A_END, A_PLANNED, A_DELIVERED, A_PAUSE_START, A_PAUSE_END, A_FAILED, A_TRIES, A_SUCCESS, A_SERVED = range(10)
# Needs for staff; where a patience varies, also when it ran out.
H_REQUEST, H_GRANT, H_RELEASE, H_STATE, H_UNIT, H_GAVE_UP = range(6)
# Ends of pathways.
E_TIME, E_REASON = range(2)
# Use of staff.
S_STUDY, S_OVERTIME, S_GRANTS = range(3)

# Why a visit has no time.
VISITED, SESSION_MISSED, LEFT, OTHER_ARM, NOT_ENROLLED = range(5)
VISIT_REASONS = ("visited", "session missed", "left", "other arm", "not enrolled")

# What became of a hold.
NOT_REACHED, GRANTED, GAVE_UP, LEFT_WAITING, REFUSED = range(5)
HOLD_STATES = ("not reached", "granted", "gave up", "left while waiting", "turned away")

# How a pathway ended.
COMPLETED, LEFT_EARLY, NEVER_ENROLLED = range(3)

#: Who served is packed as resource x 2^44 + shift x 2^16 + unit, -1 for nobody.
SHIFT_BITS, UNIT_BITS = 44, 16
