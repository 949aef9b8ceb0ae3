"""Tables in the shape of CDISC's SDTM and ADaM."""
