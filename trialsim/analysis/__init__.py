"""Analyses of one trial's arrays, carried out for all replicates at once.

Two levels. A *summary* (`moments.ArmMoments`, `ordering.Counts`, `ordering.RankOrder`, `cross_moments.CrossMoments`) is made
by one pass of a compiled kernel over outcome and arm, ``(R, N)``. Every *test* is a function of a summary and
works on ``(R,)`` arrays, so that several tests of one endpoint never read the data twice. A test returns `rows.Rows`.
"""
