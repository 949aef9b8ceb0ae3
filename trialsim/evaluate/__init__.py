"""Operating characteristics of a design, from estimates over many replicates, with Monte Carlo errors."""
