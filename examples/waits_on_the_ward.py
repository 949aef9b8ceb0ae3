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
# # Waits on the ward
# What happens at the bedside, minute by minute, in one trial of the blood-draw study.

# %%
import trialsim as ts

study = ts.prepare("picu-blood-draw")
study

# %%
cohort = ts.simulate(study, range(1), record=True)
cohort.frame("events").head(20)

# %% [markdown]
# How long each need for staff waited, in minutes.

# %%
staffing = cohort.frame("staffing")
served = staffing.dropna(subset="granted")
waits = (served["granted"] - served["asked"]).dt.total_seconds() / 60
waits.groupby(served["need"]).describe().round(1)

# %% [markdown]
# One nurse fewer: does it cost power, or only time?

# %%
fewer = ts.change(study, {"setting.resources.nurse.units": 1})
ts.compare([study, fewer], replicates=100)
