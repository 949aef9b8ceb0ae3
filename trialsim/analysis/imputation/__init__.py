"""Multiple imputation: the rule, the draws, the completed data, and one result of many by Rubin's rules."""
