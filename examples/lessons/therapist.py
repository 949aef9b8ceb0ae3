# %% [markdown]
# # The therapist is a cluster
#
# After this lesson you can: Count therapists as well as patients when judging a trial.
#
# Sixty children. Anna talks with 30 of them, Bert gives a massage to the other 30. Talk and massage have the
# same effect. Children of one therapist have a little in common: 5 % of the variance (an ICC of 0.05), because
# Anna and Bert are different people. A t-test compares the 60 children.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("therapist")

# %% [markdown]
# ## 1. Predict
#
# In how many of 100 such trials is p below 0.05, although there is no effect?
#
# - **a** 5: children were allocated by chance
# - **b** 7: an ICC of 5 % is small
# - **c** About 22
# - **d** 50: one of the two is always better
#
# Your reason:
#
# 1. 5 % of the variance is too little to matter.
# 2. Chance allocates the children, so the test is right.
# 3. With 30 children the person of the therapist averages out.
# 4. Two arms differ by the therapist as well, and the test does not know.

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
# Your own trial is done. What can it say on massage?
#
# - **a** What p says: significant or not
# - **b** More, with twice as many children for Anna and Bert
# - **c** Little: treatment and therapist cannot be separated

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
# Two ways to operate are compared with 400 patients. Surgeon A does all operations of the first kind, surgeon B
# all of the second. p < 0.001. What has been compared?
#
# - **a** Two ways to operate; 400 patients are plenty
# - **b** Surgeon A with his way against surgeon B with hers
# - **c** Nothing: surgeons must not take part in trials

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** With one therapist in each arm nobody can say whether the treatment or the therapist made the
# difference, and more patients make it worse. Let several therapists work in each arm, or each in both, and
# analyze them as clusters.
#
# ## To try alone
#
# 1. Simulate the study: `trialsim run one-therapist-an-arm`. What does the program write about the level?
# 2. With 60 children for each: `trialsim run one-therapist-an-arm -s design.enroll="{each arm: 60}"`. Does it
#    get better?
# 3. Four therapists in each arm, and a test of their means: `trialsim run own-therapists --all`. Compare the
#    analyses of patients and of therapists.
