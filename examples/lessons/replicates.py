# %% [markdown]
# # How many replicates
#
# After this lesson you can: Read the Monte Carlo error beside every simulated number, and choose how many
# trials to simulate.
#
# A program simulates a study 100 times, with other patients each time. 80 of the 100 simulated trials find the
# effect. So the power is about 80 %. But how sure is this number?

# %%
from trialsim import lessons

lesson = lessons.lesson_named("replicates")

# %% [markdown]
# ## 1. Predict
#
# 80 of 100 simulated trials find the effect. Between which numbers is the true power, probably?
#
# - **a** 80 %: the computer is exact
# - **b** 79 to 81 %
# - **c** 71 to 87 %
# - **d** 50 to 100 %: a simulation cannot say more
#
# Your reason:
#
# 1. A computer calculates exactly.
# 2. 100 is a large number.
# 3. 100 trials are a sample of all trials that could be simulated.
# 4. Simulations are guesses anyway.

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
# Your own simulation of 100 trials gave a power for design A. For design B it gave 3 points more. Which design
# do you take?
#
# - **a** B: 3 points more power
# - **b** Neither yet: more trials, or the same patients in both
# - **c** A: it was simulated first

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
# A new version of a program gives a power of 83 % in place of 80 % for the same study, each from 200 simulated
# trials. Has something changed?
#
# - **a** Yes: computers do not differ by chance
# - **b** That cannot be determined from 200 trials each
# - **c** No: a difference of 3 points proves that they are equal

# %%
answer = "a"  # your answer
print(lesson.transfer.explained(answer))

# %% [markdown]
# **Remember:** Every simulated number has a Monte Carlo error, and the program prints it after ±. Four times as
# many trials halve it. Two powers differ only if their difference is clearly larger than its error.
#
# ## To try alone
#
# 1. Simulate with 100 trials and read the error: `trialsim run hundred-trials`.
# 2. With 1,600: `trialsim run hundred-trials -r 1600`. What has become of the error?
# 3. Let the program go on until the error is half a point: `trialsim run hundred-trials --precision 0.5%`. How
#    many trials were needed?
