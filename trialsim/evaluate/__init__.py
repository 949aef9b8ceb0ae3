"""Operating characteristics: what estimates over many replicates say about a design, with Monte Carlo errors."""
