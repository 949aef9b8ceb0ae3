"""From the analyses of a scenario to their plan."""
