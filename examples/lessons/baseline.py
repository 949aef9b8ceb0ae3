# %% [markdown]
# # Baseline
#
# After this lesson you can: Choose how a score from before the treatment is used, and say what that saves.
#
# Anxiety is scored before and after, 40 patients with music and 40 with usual care. Both scores of a patient go
# together with a correlation of 0.6. Three analyses are possible: compare the scores afterwards; compare the
# changes; or compare the scores afterwards of patients who started alike (ANCOVA).

# %%
from trialsim import lessons

lesson = lessons.lesson_named("baseline")

# %% [markdown]
# ## 1. Predict
#
# Which analysis needs the fewest patients for the same power?
#
# - **a** The score afterwards
# - **b** The change: it takes out the person
# - **c** Both scores (ANCOVA)
# - **d** All need the same: they estimate the same difference
#
# Your reason:
#
# 1. The change takes out what belongs to the person.
# 2. Chance makes the groups equal, so the first score is not needed.
# 3. Each patient is expected to keep a part of the first score, not all of it.
# 4. All three estimate the same difference.

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
# Your own trial has three p-values. Which one is reported?
#
# - **a** The smallest
# - **b** That of the analysis that the plan names
# - **c** All three, and readers choose

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
# Walking distance after surgery is compared between two groups. The distance before surgery was measured as
# well; it goes together with that afterwards only weakly (correlation 0.3). What do you advise?
#
# - **a** Compare the changes
# - **b** Adjust the distance afterwards for that before (ANCOVA)
# - **c** Do not use the distance before

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** Measure before, and adjust for it. With a correlation of 0.6 ANCOVA needs about two thirds of
# the patients. The change is better than the score afterwards only if the correlation is above 0.5. Choose
# before the data are there.
#
# ## To try alone
#
# 1. Simulate all three: `trialsim run three-ways-to-use-a-baseline --all`. Are the mean estimates different?
# 2. Compare them trial by trial: `trialsim compare three-ways-to-use-a-baseline --analyses`.
# 3. Let the correlation be 0.3: `trialsim run three-ways-to-use-a-baseline -s
#    outcomes.anxiety.correlation.between_sessions=0.3 --all`. Which is the worst now?
