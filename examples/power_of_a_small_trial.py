# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Power of a small trial
# A shipped scenario, a larger one, and the power of each.

# %%
import trialsim as ts

scenario = ts.load("textbook-t-test")
ts.explain(scenario)

# %% [markdown]
# One synthetic trial as a table.

# %%
ts.simulate(scenario, range(1)).frame("measurements").head(8)

# %% [markdown]
# Power, with its Monte Carlo standard error. Write `replicates=10_000` for a number to report.

# %%
result = ts.evaluate(scenario, replicates=500)
result

# %%
ts.plots.power(result)

# %% [markdown]
# Twice as many participants, with the same draws: the difference is more precise than either power.

# %%
larger = ts.change(scenario, {"design.enroll": 200})
ts.compare([scenario, larger], replicates=500)
