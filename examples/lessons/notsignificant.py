# %% [markdown]
# # Not significant
#
# After this lesson you can: Read an interval in place of "not significant", and say when nothing can be
# concluded.
#
# 28 children have a hand massage before a needle, 28 have usual care. Fear is scored from 0 to 10; a difference
#    of half a point would matter to the ward. The study finds a difference of −0.4 points with an interval of
#    95 % from −1.2 to +0.4: p = 0.33.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("notsignificant")

# %% [markdown]
# ## 1. Predict
#
# What does this study show?
#
# - **a** Massage does not lower fear
# - **b** Massage lowers fear, but by too little to matter
# - **c** Massage works, the study was only too small
# - **d** It cannot say
#
# Your reason:
#
# 1. p is above 0.05, so there is no effect.
# 2. The difference is small, so massage does little.
# 3. The interval holds no difference as well as one that matters.
# 4. More children would have made it significant.

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
# What does your own trial show?
#
# - **a** Massage lowers fear
# - **b** Massage does not lower fear by as much as matters
# - **c** It cannot say

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
# A cheaper dressing is compared with the usual one. Infections: 8 % with the cheap one, 6 % with the usual one,
# p = 0.42; the interval of the difference goes from −3 to +7 percentage points. Three points more would be too
# many. What do you advise?
#
# - **a** Change to the cheap one: there is no significant difference
# - **b** Do not decide on these data: the interval holds a harm that is too large
# - **c** Keep the usual one: the cheap one has been shown to be worse

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** "Not significant" is not "no effect". The interval says what is compatible with the data: if it
# holds both no difference and one that matters, the study cannot say.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run not-significant`. Which share of trials is not significant although
#    massage works?
# 2. How many children would be needed for a power of 90 %? `trialsim size not-significant --power 90%`
# 3. With that number in each arm, `trialsim run not-significant -s design.enroll="{each arm: 190}"`: how wide
#    are the intervals now, against the half point that matters?
