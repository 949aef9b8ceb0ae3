# %% [markdown]
# # Two right answers
#
# After this lesson you can: Say which effect a study asks for before computing it.
#
# 60 patients are assigned to a massage by the nurse, 60 to usual care. A massage that is given lowers stress by
#    10 points. But the nurse has other work, and if she is not free within ten minutes there is no massage:
#    more than a quarter are missed. Those patients stay in the massage arm.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("estimands")

# %% [markdown]
# ## 1. Predict
#
# What is the effect of massage in this study?
#
# - **a** −10 points; the comparison as assigned is biased
# - **b** About −7 points; −10 is only a wish
# - **c** Both: two questions with two right answers
#
# Your reason:
#
# 1. Who had no massage cannot show its effect.
# 2. Chance made the arms equal, and only as they were assigned.
# 3. One asks what the offer does on this ward, the other what massage does.
# 4. There is one truth, so one number.

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
# What do you do with the patients of your own trial who had no massage?
#
# - **a** Leave them out: they had no massage
# - **b** Count them as usual care, which is what they had
# - **c** Keep them in the massage arm, and say so; report how many were missed

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
# A vaccine trial: of those assigned to the vaccine, 15 % did not come for the second dose. The health ministry
# asks how many infections the program would prevent. Which comparison answers that?
#
# - **a** Everybody as assigned, with or without the second dose
# - **b** Only those with both doses against the control group
# - **c** Those with both doses against those with one

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** "The effect of massage" is not one number. Say whose effect, and what counts when a session is
# missed, before the data are there. Compare the arms as assigned first: only so did chance make them alike.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run missed-sessions --all`. The same estimate has two biases. Why?
# 2. Four questions to one trial: `trialsim explain estimands`, then `trialsim run estimands --all`.
# 3. Let the nurse have less other work: `trialsim run missed-sessions -s
#    "setting.resources.nurse.other_work.share=10 %" --all`. Which of both effects changes?
