"""How each test is computed: one file for each family, with its functions, closed forms and caveats.

:data:`trialsim.analysis.methods.table.METHODS` holds them all, by the name of the test and what it compares.
"""
