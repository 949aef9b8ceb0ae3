# %% [markdown]
# # Peeking
#
# After this lesson you can: Say what a look in between costs, and how looks are planned.
#
# 100 patients, music or usual care, and music does nothing. The team looks at the data after every 20 patients
#    and stops as soon as p is below 0.05; otherwise the trial goes on to 100.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("peeking")

# %% [markdown]
# ## 1. Predict
#
# In how many of such trials is an effect "found"?
#
# - **a** 5 %
# - **b** 25 %
# - **c** About 14 %
# - **d** 1 %: five looks are stricter than one
#
# Your reason:
#
# 1. Each look is a test at 5 %.
# 2. Five chances of 5 % are 25 %.
# 3. Five chances, but of data that are mostly the same.
# 4. Looking does not change the data.

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
# The study plan says nothing of looks. What do you do now, after 60 patients?
#
# - **a** Stop, if p is below 0.05 now
# - **b** Look again after 80 patients, and decide then
# - **c** Go on to 100, and test once

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
# A ward asks visitors whether they like the new rules. Every evening the answers so far are tested, and the
# survey is closed on the first evening with p < 0.05. It is closed on day 9 with p = 0.04. What do you think?
#
# - **a** Fine: p = 0.04 is below 0.05
# - **b** Fine: more evenings give more answers, so p became more exact
# - **c** p cannot be taken at its word: the survey was closed because p was low

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** Each look at 5 % is a further chance of a false finding. Looks are allowed if they are planned:
# with bounds that share the 5 % among them.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run peeking`. Which type I error is shown?
# 2. Compare with bounds that are made for looks: `trialsim run looks`. What p does the first look need there?
# 3. Look only once more, in the middle: `trialsim run peeking -s design.looks.at="[50, 100]" -s
#    design.looks.efficacy.bounds.p="[5 %, 5 %]"`. How large is the error now?
