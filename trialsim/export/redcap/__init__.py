"""A REDCap project: dictionary, arms, events, form-event mapping, data, and REDCap's rules for them."""
