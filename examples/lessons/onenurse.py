# %% [markdown]
# # One nurse fewer
#
# After this lesson you can: Say what staff change in a study, and what a power alone does not show.
#
# The study of blood draws in a pediatric intensive care unit: 99 adolescents; music, hand massage or usual
# care. Two nurses do it beside their other work, which takes 60 % of their time. A session is missed if no
# nurse is free within an hour. Now one of the two is transferred.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("onenurse")

# %% [markdown]
# ## 1. Predict
#
# What happens to the number of missed sessions?
#
# - **a** Hardly anything: nurses are free for 40 % of the time
# - **b** It doubles
# - **c** It becomes more than 15 times as large
#
# Your reason:
#
# 1. 60 % is far from full, so one nurse can do it.
# 2. Half of the staff means twice the misses.
# 3. With two nurses both must be busy at once; with one that happens much more often.
# 4. Missed sessions hardly matter for the result.

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
# May one nurse be transferred?
#
# - **a** Yes: p is nearly the same in my trial
# - **b** No: there are many times more missed sessions
# - **c** It depends on how busy the ward is: simulate missed sessions and waits for that

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
# A blood bank has two refrigerators, and each fails on one day of 50, by itself. To save money one is sold. How
# much more often is there no cold place?
#
# - **a** Twice as often
# - **b** 50 times as often
# - **c** As often as before, as 49 of 50 days are good

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** Staff are a part of the design. What is lost depends on how near to full the ward is: look at
# missed sessions and waits, not only at the power.
#
# ## To try alone
#
# 1. Simulate both: `trialsim compare picu-blood-draw --with setting.resources.nurse.units=1`. What differs
#    clearly, and what does not?
# 2. On a busier ward: `trialsim compare busy-ward --with setting.resources.nurse.units=1`.
# 3. How long may patients wait before a session is missed? Look for `give_up_after` in `trialsim explain
#    picu-blood-draw`.
