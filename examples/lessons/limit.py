# %% [markdown]
# # Detection limit
#
# After this lesson you can: Treat values below the detection limit as what they are: known to be low.
#
# Evening cortisol in saliva, 40 patients with massage and 40 with usual care. Massage truly lowers it to 0.65
# of what it would be. The laboratory cannot measure less than 1.1 nmol/L, and three of ten samples in all are
# below that: more with massage. The table has no number there, and the program leaves these patients out.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("limit")

# %% [markdown]
# ## 1. Predict
#
# If low values are left out, the ratio that is found is, on average ...
#
# - **a** right; only power is lost
# - **b** too far from 1: the effect looks larger
# - **c** too near to 1, and both medians are too high
# - **d** right, if both arms have the same limit
#
# Your reason:
#
# 1. What is missing is missing in both arms.
# 2. Fewer patients, so it is only less exact.
# 3. The lowest values go, and most of them from the lower arm.
# 4. A detection limit concerns the laboratory, not the result.

# %%
predicted = "a"  # your answer
reason = 1

# %% [markdown]
# ## 2. Your own trial
#
# Take a seed of your own: the same seed is the same trial.

# %%
seed = 7
own = lessons.own_trial(lesson, seed)
own

# %% [markdown]
# ## 3. Decide
#
# What do you do with the samples below the limit?
#
# - **a** Leave them out: no number, no analysis
# - **b** Write zero
# - **c** Analyze them as "lower than 1.1"

# %%
decided = "a"  # your answer
print("right" if decided in own.right else "not so", own.afterwards, sep="\n")

# %% [markdown]
# ## 4. Reveal
#
# Many trials of the same study, and what each answer shows.

# %%
found = lessons.reveal(lesson, own=seed)
found

# %%
print(lesson.predict.explained(predicted))

# %% [markdown]
# ## 5. The same question in another study
#
# Pain is scored while patients are awake. Those with the new drug sleep more often, and then have no score. The
# mean of all scores is equal in both groups. What do you think?
#
# - **a** The drug does nothing: the means are equal
# - **b** The drug may help: scores are missing where pain is low, mostly with the drug
# - **c** Sleeping patients do not count, because they feel no pain

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** "Below the limit" is a result: it is low. Leaving it out raises both arms, the lower one most,
# and hides a part of the effect. Use a model that knows the limit (tobit), and report how many were below.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run below-the-limit --all`. Compare bias and coverage of the three analyses.
# 2. Lower the limit: change `detection_limit` to 0.5 nmol/L in all three outcomes of `trialsim init
#    below-the-limit --as mine.yaml`. What changes?
# 3. Look up the limit of an assay that your ward uses, and which share of evening samples is below it.
