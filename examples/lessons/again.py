# %% [markdown]
# # Run it again
#
# After this lesson you can: Say what a p-value does not tell about the next trial, and what does.
#
# Fifty patients hear music before a small procedure, fifty have usual care. Music truly lowers anxiety by 10
# points, and a trial of this size finds that (p < 0.05) with a power of 70 %. One such trial was done: p was
# 0.03. Its authors repeat it exactly, with new patients.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("again")

# %% [markdown]
# ## 1. Predict
#
# How likely is p < 0.05 in the repetition?
#
# - **a** 97 %
# - **b** 95 %
# - **c** 50 %, because nothing is known
# - **d** 70 %
#
# Your reason:
#
# 1. The smaller p is, the surer the result is to come again.
# 2. A test at 5 % is right in 95 % of trials.
# 3. Every trial with new patients has the same chance.
# 4. Nobody can know the result of the next trial.

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
# Your own trial is repeated with new patients. What do you bet on?
#
# - **a** p < 0.05 in the repetition
# - **b** p of 0.05 or more in the repetition
# - **c** It depends on the p of my trial

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
# A new test strip detects an infection: p = 0.01 in a study that had a power of 60 %. The effect is real. Ten
# other laboratories repeat the study exactly. In how many of them is p < 0.05, on average?
#
# - **a** About 10: p = 0.01 is very strong
# - **b** About 6
# - **c** About 5: it is like a coin
# - **d** 9 or 10: 1 minus 0.01 is 99 %

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** A significant result is found again as often as the power of the study says: not in 95 %, and
# not in 1 minus p. A repetition that fails does not prove that the first trial was wrong.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run run-it-again`. Which line of the answer is the power?
# 2. Make it smaller, 32 patients in each arm: `trialsim run run-it-again -s design.enroll="{each arm: 32}"`.
#    How many of 100 significant trials would be significant again?
# 3. Find the size at which 9 of 10 repetitions succeed: `trialsim size run-it-again --power 90%`.
