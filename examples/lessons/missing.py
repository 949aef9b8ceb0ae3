# %% [markdown]
# # Missing because of the outcome
#
# After this lesson you can: Ask why values are missing before asking how many.
#
# Fear during a needle, 60 children with music and 60 with usual care. Music truly lowers fear by 1.5 points. A
# child who is very afraid refuses the second score, in both arms by the same rule. More are very afraid with
# usual care. The analysis takes those who answered.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("missing")

# %% [markdown]
# ## 1. Predict
#
# What does the comparison of those who answer find, on average?
#
# - **a** The right difference: both arms have the same rule
# - **b** The right difference with a wider interval; more children mend that
# - **c** Too small a difference, and more children do not mend it
#
# Your reason:
#
# 1. The rule is the same in both arms, so it cancels out.
# 2. Missing values cost power, and more children bring it back.
# 3. The most afraid are gone, mostly from one arm.
# 4. Whoever does not answer has no fear to compare.

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
# What do you do with your own trial?
#
# - **a** Report those who answered; a quarter missing is usual
# - **b** Enroll more children until the number is as planned
# - **c** Report how many refused in each arm and why, and how far the result moves if they were more afraid

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
# A rehabilitation clinic asks by post, a year later, whether patients can walk alone: 60 % answer, and of those
# 90 % can. Who did not answer?
#
# - **a** People as the others: 90 % of them can walk
# - **b** More of those who do worse, probably; ask a sample of them by telephone
# - **c** It does not matter if the clinic is large

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** Values that are missing because of what they would have been bias the result, and more patients
# only make the wrong result surer. Prevent it (shorter scales, a picture scale, an observer), count it by arm,
# and show how much the result would move.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run too-afraid-to-answer`. Read bias and coverage.
# 2. With many children: `trialsim run too-afraid-to-answer -s design.enroll="{each arm: 600}"`. What becomes of
#    both?
# 3. If values are missing because of what was measured before, there are remedies: `trialsim run
#    leaving-when-stressed --all`. Which analyses are not biased there?
