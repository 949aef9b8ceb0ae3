# %% [markdown]
# # Three arms, many outcomes
#
# After this lesson you can: Count the tests of a paper before believing its smallest p.
#
# 99 children before a needle: usual care, music, or hand massage. Fear, pain, stress and pulse are measured,
#    and every pair of arms is tested on each of them: 12 tests at 5 %. Neither music nor massage does anything.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("many")

# %% [markdown]
# ## 1. Predict
#
# In how many of such trials is at least one p below 0.05?
#
# - **a** 5 %
# - **b** 60 %
# - **c** 46 %
# - **d** About 37 %
#
# Your reason:
#
# 1. Each test protects at 5 %.
# 2. 12 chances of 5 % add up.
# 3. 12 chances of 5 %, but several may happen in one trial.
# 4. The tests use the same children, so they often go wrong together.

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
# What do you write in the abstract of your own trial?
#
# - **a** The result with the smallest p
# - **b** All results below 0.05, or none if there is none
# - **c** That 12 tests were done, and p-values adjusted for that

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
# A questionnaire with 20 items is compared between night and day shifts, each item at 5 %. One item has p =
# 0.04: "night staff eat less fruit". What do you think?
#
# - **a** A finding: p is below 0.05
# - **b** With 20 tests, one p below 0.05 is to be expected without any difference
# - **c** The other 19 prove that the shifts are equal

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** With twelve tests at 5 % some "finding" without any effect is common. Name one primary analysis
# before the study, or adjust for all tests, and count the tests when you read a paper.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run many-tests --all`. Find the share of rejections of each single test.
# 2. Simulate one trial: `trialsim replay many-tests -r 3`. Which finding would be in the abstract?
# 3. Read about families of hypotheses: `trialsim explain families`. Which method keeps 5 % for all tests
#    together?
