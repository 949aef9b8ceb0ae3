# %% [markdown]
# # The rater who knows
#
# After this lesson you can: Tell an error of chance from an error to one side, and say which of them more
# patients mend.
#
# A nurse scores the distress of children from 0 to 10. She knows who had a massage, hopes that it helps, and
# without noticing gives 0.3 points less to those children. Massage does nothing. The trial has 30 children in
# each arm; the next one shall have 300.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("rater")

# %% [markdown]
# ## 1. Predict
#
# What becomes of the rater's error in the trial of 300 in each arm?
#
# - **a** It averages out
# - **b** It stays, but it is too small to matter
# - **c** It stays, and nearly every trial finds it significant
# - **d** The test will notice it
#
# Your reason:
#
# 1. With many children errors cancel out.
# 2. A small error stays too small to be found.
# 3. An error to one side does not cancel out, and a large trial finds everything.
# 4. It depends on the test.

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
# Your own trial is not clear enough for the team. What do you do next?
#
# - **a** The same again with 300 children in each arm
# - **b** Take the mean of two scores by the same nurse
# - **c** The same size, with a rater who does not know the arm

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
# A scale on the ward shows 400 g too much; it is used for all children with the new diet, another scale for all
# with the old one. 1,000 children are weighed. What happens?
#
# - **a** With 1,000 children the 400 g do not matter any more
# - **b** The new diet appears to add 400 g, with a very small p
# - **c** p becomes larger, because the scale is wrong

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** Chance averages out with more patients; an error to one side does not. It becomes significant.
# Blinding the rater costs less than any number of patients.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run rater-who-knows`. What does the program take for the true effect, and why
#    can it not know better?
# 2. With more children: `trialsim run rater-who-knows -s design.enroll="{each arm: 300}"`. What has become of
#    the power?
# 3. Write down three ways to keep a rater from knowing the arm.
