# %% [markdown]
# # A design contest
#
# After this lesson you can: Find the cheapest design that is good enough, by simulation.
#
# Music is expected to lower anxiety by 10 points (SD 20). The study needs a power of 80 %. Each patient costs
# 100 EUR, each score 30 EUR. Scores before and after have a correlation of 0.6. Four designs are proposed; the
# cheapest one that reaches 80 % wins.

# %%
from trialsim import lessons

lesson = lessons.lesson_named("contest")

# %% [markdown]
# ## 1. Predict
#
# Which design reaches 80 % for the least money?
#
# - **a** 64 in each arm, compare the scores afterwards
# - **b** 52 in each arm, two scores, compare the changes
# - **c** 44 in each arm, two scores, compare at equal baseline (ANCOVA)
# - **d** 50 in each arm, compare the scores afterwards
#
# Your reason:
#
# 1. Fewer scores cost less.
# 2. The change takes out the person.
# 3. A score before costs less than a patient and saves many.
# 4. The cheapest design is the best design.

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
# You have seen one trial of each design. Which one do you choose?
#
# - **a** The one with the smallest p
# - **b** The cheapest: p below 0.05 is likely enough
# - **c** None yet: simulate each many times, and count power and cost

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
# A study of pressure sores needs 200 patients with photographs rated by one nurse, or 150 with photographs
# rated by two. A patient costs 80 EUR, a rating 10 EUR. Both have the same power. Which is cheaper?
#
# - **a** One nurse: fewer ratings
# - **b** Two nurses: better measurement in place of more patients
# - **c** They cost the same, because they have the same power

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** A measurement can be cheaper than a patient. Write down the goal, simulate several designs under
# the same truth, and choose by power and cost together, before the study.
#
# ## To try alone
#
# 1. Find a cheaper one: `trialsim sweep design-contest --over design.enroll="[70, 76, 82, 88]"`. Which is the
#    smallest size that reaches 80 %, and how sure is that?
# 2. Let the correlation be 0.3: `trialsim run design-contest -s
#    outcomes.anxiety.correlation.between_sessions=0.3`. Does the score before still pay?
# 3. Change one thing that nobody has thought of yet (for example unequal arms, `design.allocation`), and beat
#    all others. Write down cost, power and Monte Carlo error.
