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
# # How many participants, and what if
# The size for a power, and the power over sizes and effects.

# %%
import trialsim as ts

size = ts.find_size("textbook-t-test", power=0.8, replicates=400, confirm=400)
size

# %%
ts.plots.power_curve(size)

# %%
many = ts.sweep("textbook-t-test", {"design.enroll": [40, 80, 120]}, replicates=300)
many

# %%
ts.plots.sweep_lines(many)
