"""Linear models of repeated values, fitted by restricted maximum likelihood (REML) in every replicate at once.

A participant's values are normal with means that are linear in the fixed effects and a covariance of the visits that is the
same for everybody. Participants with the same visits measured form a *pattern*: all that the likelihood needs of a pattern
are sums of products, so that the time of an iteration depends on the number of patterns, not on that of the participants.
"""
