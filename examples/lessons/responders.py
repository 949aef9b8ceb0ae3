# %% [markdown]
# # Responders
#
# After this lesson you can: Recognize patients chosen by their own result, and say what a test of them is
# worth.
#
# 22 mothers of very preterm infants; cortisol in saliva before and after a massage. Nothing changes in truth.
#    The study calls mothers "responders" if their cortisol fell by more than 10 %, and tests, in the responders
#    alone, whether cortisol fell (paired t-test at 5 %). A published study of 22 mothers tested its 15
#    responders; its abstract does not give the rule by which they were chosen.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("responders")

# %% [markdown]
# ## 1. Predict
#
# Nothing changes in truth. In how many of 100 such studies is the test of the responders significant?
#
# - **a** 5: the test protects
# - **b** 10: half of the mothers, so a weaker test
# - **c** 50: half of them fall by chance
# - **d** 85 to 91
#
# Your reason:
#
# 1. A test at 5 % is wrong in 5 % of studies.
# 2. Fewer mothers make a test weaker.
# 3. Whoever is chosen for a fall has fallen.
# 4. Some fall and some rise, so it is like a coin.

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
# What do you report of your own study?
#
# - **a** The result of all 22 mothers
# - **b** The responders: massage helps some mothers and not others
# - **c** The one with the smaller p

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
# A physiotherapy trial without a control group: "In the 31 of 60 patients whose pain fell by at least 2 points,
# pain fell by 3.4 points (p < 0.001)." What does p < 0.001 show?
#
# - **a** Physiotherapy works in about half of the patients
# - **b** Nothing on physiotherapy: patients chosen for a fall have a fall
# - **c** That those patients should go on with it

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** Who is chosen by the result shows the result. Responders can be described, but a test of them
# says nothing on the treatment. Test everybody who was enrolled, against a control group.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run nicu-responders --all`. Compare the four groups of mothers.
# 2. Which rule keeps 5 %: "fell by more than 10 %" or "moved by more than 15.5 % either way"? Why?
# 3. Look at the study itself: `trialsim explain nicu-parent-massage`. What does its scenario assume of
#    responders?
