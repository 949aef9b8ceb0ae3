# %% [markdown]
# # Waits at 85 % busy
#
# After this lesson you can: Say why a ward that is nearly full waits, and plan a study on it.
#
# One nurse gives massages of 20 minutes on average, day and night. Patients come one by one, by chance: not at
# fixed times. She is busy for 85 % of the time, so 15 % of her time is free.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("busy")

# %% [markdown]
# ## 1. Predict
#
# How do patients wait?
#
# - **a** Hardly: 15 % of her time is free
# - **b** 85 % of them wait, for about half a massage: 10 minutes
# - **c** Most of them, and on average for more than an hour
#
# Your reason:
#
# 1. There is always some free time left.
# 2. Who comes in the busy 85 % waits for the rest of one massage.
# 3. Patients come in clusters, and behind one who waits there are others.
# 4. It depends on how hard the nurse works.

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
# The study on your own ward needs the nurse within an hour. What do you change?
#
# - **a** Ask her to work faster
# - **b** Make sure that she is busy for at most about half of the time, or has a colleague
# - **c** Fill the free 15 % with study patients

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
# An operating room is used for 85 % of the time; emergencies come by chance. The management wants 95 %. What
# happens to the waits of emergencies?
#
# - **a** They grow by a tenth, as the use does
# - **b** Nothing: emergencies go first
# - **c** They become two or three times as long

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** Waits do not grow in step with the work: near a full ward they explode. From 85 % to 95 % they
# double or triple. Free time in the plan is what keeps a study running.
#
# ## To try alone
#
# 1. Simulate the ward: `trialsim run nurse-at-85-percent`. Find the wait that 95 % of patients do not exceed.
# 2. Give her a colleague: `trialsim run nurse-at-85-percent -s setting.resources.nurse.units=2`. What is left
#    of the waits?
# 3. Make all massages last exactly 20 minutes: `trialsim run nurse-at-85-percent -s
#    protocol.massage.lasts=20min`. Which part of the waits comes from lengths that vary?
