"""An empty set to collect the data of a study: dictionary, REDCap project, visit calendar, staffing plan, randomization list."""
