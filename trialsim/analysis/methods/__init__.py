"""How each test is carried out: one file a family, with its runs, closed forms and caveats side by side.

:data:`trialsim.analysis.methods.table.METHODS` holds them all, by the name of the test and what it compares.
"""
