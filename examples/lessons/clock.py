# %% [markdown]
# # The clock
#
# After this lesson you can: Say why a group compared with itself proves nothing, and what a control group does
# about that.
#
# Mothers on a neonatal ward give saliva at 10:00, massage their infant, and give saliva again at 12:00. Massage
# does nothing to their cortisol in this scenario. Salivary cortisol is high in the morning and falls over the
# day.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("clock")

# %% [markdown]
# ## 1. Predict
#
# Massage does nothing. How does the median cortisol of the massage group change from 10:00 to 12:00?
#
# - **a** Not at all
# - **b** A little, up in some studies and down in others
# - **c** It falls by about a quarter
# - **d** It falls by more than half
#
# Your reason:
#
# 1. Without an effect nothing changes on average.
# 2. Values go up and down by chance.
# 3. The time of day changes the level of everybody.
# 4. Sitting still for two hours calms everybody down.

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
# Did massage lower the cortisol of mothers in your own trial?
#
# - **a** Yes, if p is below 0.05
# - **b** No, because the fall is small
# - **c** That cannot be determined from this group alone

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
# Blood pressure is measured at a first visit to the clinic. Patients get a leaflet on salt, and four weeks
# later blood pressure is 6 mmHg lower (p < 0.001). What does that show about the leaflet?
#
# - **a** It works: p is very small
# - **b** Nothing yet: a group without the leaflet is needed, measured at the same visits
# - **c** It works, if enough patients took part

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** "Lower afterwards" is not "lower because of it". Time, and everything else that happens to
# everybody, is in every before-after comparison. A control group has it too, and the difference of both groups
# does not.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run two-samples-a-morning --all`. Compare the two analyses.
# 2. Shorten the time between the samples to half an hour: `trialsim run two-samples-a-morning -s
#    protocol.2.wait.for=30min --all`. What is left of the fall?
# 3. The published study had no control group: `trialsim explain nicu-parent-massage`. Where does it say what
#    the clock does?
