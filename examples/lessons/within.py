# %% [markdown]
# # Tests within arms
#
# After this lesson you can: Find the missing comparison in "significant with treatment, not significant
# without".
#
# Stress before and after, 30 patients with massage and 30 with usual care. A paper reports: "Stress fell with
# massage (p = 0.02). It did not fall significantly with usual care (p = 0.20)."

# %%
from trialsim import lessons

lesson = lessons.lesson_named("within")

# %% [markdown]
# ## 1. Predict
#
# Do these two p-values show that massage lowers stress more than usual care?
#
# - **a** Yes: one is significant and the other is not
# - **b** Yes, because 0.02 is much smaller than 0.20
# - **c** No: between the arms p is mostly above 0.05 in such trials
# - **d** No: it shows that they are equal
#
# Your reason:
#
# 1. One is significant and the other is not.
# 2. 0.02 is ten times smaller than 0.20.
# 3. Two comparisons with before are not a comparison of the arms.
# 4. 0.20 may be luck.

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
# What do you put into the abstract of your own trial?
#
# - **a** The p-values of both arms, each against its own baseline
# - **b** The p-value of the massage arm: it is the treatment that matters
# - **c** The difference between the arms with its interval

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
# Two diets. With diet A weight fell by 3.1 kg (p = 0.01), with diet B by 2.4 kg (p = 0.09). The authors
# recommend diet A. What do you say?
#
# - **a** Right: only diet A works
# - **b** The diets have not been compared: the difference of 0.7 kg and its interval are missing
# - **c** Both diets work, so both can be recommended

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** The difference between "significant" and "not significant" is not itself significant. Compare
# the arms with each other, not each with its own baseline.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run tests-within-arms --all`. Which power has the test between the arms?
# 2. Let massage do nothing: `trialsim run tests-within-arms -s outcomes.stress.effects.massage.difference=0
#    --all`. How often are the arms significant by themselves?
# 3. How large must a trial be for the comparison between the arms? `trialsim size tests-within-arms --power
#    80%`
