"""Emergency-department visits in the OSCOUR format."""
