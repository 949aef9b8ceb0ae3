# %% [markdown]
# # Half-life and the next morning
#
# After this lesson you can: Ask of every result whether the body can do that in the time there was.
#
# Half of the cortisol in saliva is gone after about 65 minutes. Suppose that massage is perfect: the moment it
# begins, no cortisol is secreted any more. Saliva is taken before, and 15 minutes later.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("halflife")

# %% [markdown]
# ## 1. Predict
#
# How far can cortisol fall in these 15 minutes, at most, in the median?
#
# - **a** By half
# - **b** To nothing: secretion has stopped
# - **c** By 15 %
# - **d** By about 30 %
#
# Your reason:
#
# 1. Cortisol follows what one feels.
# 2. What is there goes away only with its half-life.
# 3. A massage is over in 15 minutes, and so is stress.
# 4. Half in 65 minutes is a quarter in 30.

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
# One of your mothers fell by much more than 15 %. What do you make of her?
#
# - **a** She responded best to the massage
# - **b** A part of her fall cannot be the massage
# - **c** Her half-life is shorter

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
# A massage ends at noon and lowers cortisol by 30 %. Blood is drawn at 6:00 the next morning, 18 hours later;
# the half-life in blood is 75 minutes. How much of the fall is left?
#
# - **a** About a third of it
# - **b** Half of it
# - **c** Less than a ten-thousandth of it

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** No treatment can empty what is already there. At a half-life of 65 minutes at most 15 % go in 15
# minutes, 27 % in 30, 47 % in 60. A larger fall has another reason, and an effect of noon is gone the next
# morning.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run secretion-stops --all`. Read the change after 15 minutes (on the log
#    scale: −0.16 is 15 %).
# 2. Let only 60 % of the secretion stop: `trialsim run secretion-stops -s "outcomes.cortisol.responds_to.first
#    quarter.secretion=-60 %" --all`.
# 3. How long a gap would a fall of 32 % need, at a half-life of 65 minutes? (36 minutes: 65 x log2(1 / 0.68).)
