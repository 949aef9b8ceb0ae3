# %% [markdown]
# # Scores in order
#
# After this lesson you can: Look at the distribution of a score before choosing one number for it.
#
# Fear of a needle is scored 0, 1, 2, 3 or 4. In truth every child with usual care has 2. With massage half of
# the children have 0 and the other half 4: some are calmed, some hate to be touched. 40 children in each arm;
# the arms are compared by their means (t-test), by ranks (Mann and Whitney), and by the odds of a higher score.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("ordinal")

# %% [markdown]
# ## 1. Predict
#
# Which of the three tests finds that the arms differ, in most trials?
#
# - **a** All three: the arms are completely different
# - **b** The t-test must: it uses the distances
# - **c** Ranks: with scores they are always the safe choice
# - **d** None
#
# Your reason:
#
# 1. So large a difference is found by any test.
# 2. Scores are ordinal, so ranks are the right way.
# 3. 0 and 4 are as far below and above 2.
# 4. The mean says what matters.

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
# What do you report of your own trial?
#
# - **a** The mean of each arm and p
# - **b** The test with the smallest p
# - **c** How many children had which score, in each arm

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
# Two wards have the same mean satisfaction, 3.0 of 5. On ward A nearly everybody gave 3. On ward B half gave 1
# and half 5. The report says: "no difference." What is missing?
#
# - **a** Nothing: the means are equal
# - **b** A rank test
# - **c** The shares of the scores

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** A mean, a rank and an odds ratio are each one number. If the distributions differ in shape, no
# single number says it. Show the shares of all scores, and decide before the study which difference would
# matter.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run same-mean-other-shape --all`. Which test finds what?
# 2. Ranks reject more often than 5 % here although no arm is higher. Read in `trialsim explain
#    same-mean-other-shape --all` what the test assumes.
# 3. Draw (by hand) two other distributions with the mean 2. For which of them would you choose massage?
