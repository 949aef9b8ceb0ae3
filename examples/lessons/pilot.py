# %% [markdown]
# # The pilot that shrinks
#
# After this lesson you can: Explain why significant results of small studies are too large, and what that means
# for the next study.
#
# A pilot of ten patients in each arm, hand massage or usual care. In truth massage lowers stress by 8 points,
# 0.4 of a standard deviation. The team goes on only if the pilot is significant (p < 0.05), and will plan the
# large study with the pilot's estimate.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("pilot")

# %% [markdown]
# ## 1. Predict
#
# A pilot of this kind is significant. Its estimate is, on average ...
#
# - **a** about right, because estimates are unbiased
# - **b** too small: small studies miss a part of the effect
# - **c** a little too large, about a third
# - **d** 2.7 times as large as the true effect
#
# Your reason:
#
# 1. Random samples are right on average.
# 2. Small studies are careful, they miss a part of the effect.
# 3. Small studies are a little less exact.
# 4. In a small study only a large difference becomes significant.

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
# How large do you plan the main study?
#
# - **a** With the estimate of my pilot
# - **b** Not at all, if my pilot is not significant
# - **c** With the smallest difference that would matter to patients

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
# The first published trial of a new drug, with 24 patients, finds that it halves the pain (p = 0.03). What do
# you expect of the large trial that follows?
#
# - **a** That it also finds about half
# - **b** A smaller effect, if any
# - **c** A larger effect, because a large trial finds more

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** What is significant in a small study is significant because it is large by luck. The next study
# finds less. Plan it with the smallest difference that matters, not with the estimate of a pilot.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run small-pilot`. What is the mean of all estimates, and what does the
#    exaggeration say (`--all`)?
# 2. Plan the large study with the truth: `trialsim size small-pilot --power 90%`.
# 3. Plan it with an effect 2.7 times as large: `trialsim size small-pilot --power 90% -s
#    "outcomes.stress.effects.massage.difference=-21.6"`. Which power would that size really have?
