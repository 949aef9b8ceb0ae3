# %% [markdown]
# # Carryover
#
# After this lesson you can: Say why an analysis must not be chosen by a test on the same data.
#
# A crossover: 32 patients have music on one day and usual care on another, a week apart, in an order that
# chance decides. Nothing works and nothing is carried over. The plan follows an old recipe: first test at 10 %
# whether something is carried over. If so, compare only the first day; if not, compare both days within each
# patient.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("carryover")

# %% [markdown]
# ## 1. Predict
#
# Nothing works and nothing is carried over. In how many trials does the recipe find an effect?
#
# - **a** 5 %: whichever test is made is at 5 %
# - **b** Less than 5 %: two tests are stricter
# - **c** About 8 to 9 %
# - **d** 15 %: 10 % and 5 % together
#
# Your reason:
#
# 1. The first test protects against carryover.
# 2. Two tests are stricter than one.
# 3. The first test goes wrong where the first day differs by chance.
# 4. Two chances of 5 % make 10 %.

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
# Your own trial: which p is reported?
#
# - **a** The one that the recipe chooses
# - **b** The smaller one
# - **c** That of the comparison within patients, as planned before

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
# A plan: "We test whether the values are normally distributed. If so we use the t-test, if not the rank test."
# What is the trouble?
#
# - **a** None: one should look at the data before choosing a test
# - **b** The test that is made depends on the data; choose one before
# - **c** The rank test should always be second

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** Choose the analysis before the data, not by a test on them. A washout that is long enough is
# decided by what is known of the treatment.
#
# ## To try alone
#
# 1. Simulate all three tests: `trialsim run carryover-first --all`. Each by itself keeps its level.
# 2. Read `docs/crossover.md`: how often does the first test find carryover that is there?
# 3. How long must a washout be, if a treatment acts with a half-life of one day?
