"""Plain mathematics: the normal law, draws with an address, distributions and how they are fitted."""
