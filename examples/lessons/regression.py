# %% [markdown]
# # Regression to the mean
#
# After this lesson you can: Expect a fall in whoever was chosen for a high value, and ask for a control group
# chosen in the same way.
#
# 88 mothers fill in a stress scale from 0 to 100. Those in the highest quarter, above 60, are invited to a
#    relaxing hour and fill in the scale again. The hour does nothing: the mean of all mothers does not change.
#    A score on one day is partly the person and partly the moment (correlation 0.6).

# %%
from trialsim import lessons

lesson = lessons.lesson_named("regression")

# %% [markdown]
# ## 1. Predict
#
# How is the mean of the chosen mothers an hour later?
#
# - **a** About the same; lower in half of the studies, higher in the other half
# - **b** Lower in nearly all studies
# - **c** Higher in nearly all studies
#
# Your reason:
#
# 1. Nothing happened, so nothing changes.
# 2. Their first score was high partly by chance.
# 3. Stress builds up while one waits.
# 4. The scale measures the person, and persons do not change in an hour.

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
# The mean of your chosen mothers has changed. What do you write?
#
# - **a** The relaxing hour lowers stress
# - **b** The relaxing hour helps only the most stressed
# - **c** Nothing on the hour: there is no group chosen in the same way without it

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
# Crossings with the most accidents last year get a warning sign. This year there are 30 % fewer accidents at
# these crossings. What does this show?
#
# - **a** The signs prevent nearly a third of the accidents
# - **b** A part of the fall, perhaps all, would have come without signs
# - **c** Accidents went down everywhere

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** Whoever is chosen because a value was high is lower the next time, without any treatment. The
# remedy is a control group that was chosen in the same way, by random allocation after the choice.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run only-the-most-stressed`. Does the score of all mothers change?
# 2. Write one study as a table, `trialsim cohort only-the-most-stressed -o mothers`, and compute in a
#    spreadsheet the mean change of those with a first score above 60.
# 3. Find a before-after study of patients who were chosen for high pain. What was its control group?
